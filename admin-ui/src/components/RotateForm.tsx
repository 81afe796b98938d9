import { Button, Group, Select, Stack, Text } from '@mantine/core';
import { useState } from 'react';
import { ErrorNote } from './ErrorNote';

interface Props {
  error: Error | null;
  pending: boolean;
  onRotate: (grace: string) => void;
  onClose: () => void;
}

const GRACES = [
  { value: '0s', label: 'not at all: it ends now' },
  { value: '1h', label: '1 hour' },
  { value: '24h', label: '24 hours' },
  { value: '7d', label: '7 days' },
  { value: '30d', label: '30 days' },
];

export function RotateForm({ error, pending, onRotate, onClose }: Props) {
  const [grace, setGrace] = useState('24h');
  return (
    <Stack>
      <Text size="sm">
        The key gets a new secret. Its limits, its quota and what it used stay. Whoever uses the old secret
        has to change to the new one.
      </Text>
      <Select
        label="How long the old secret still works"
        data={GRACES}
        value={grace}
        allowDeselect={false}
        onChange={(value) => setGrace(value ?? '24h')}
      />
      <ErrorNote error={error} title="The key was not rotated" />
      <Group justify="flex-end" gap="xs">
        <Button variant="default" onClick={onClose}>
          Cancel
        </Button>
        <Button loading={pending} onClick={() => onRotate(grace)}>
          Rotate
        </Button>
      </Group>
    </Stack>
  );
}
