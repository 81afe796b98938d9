import { Button, Group, Modal, Stack, Text } from '@mantine/core';
import type { ReactNode } from 'react';
import { ErrorNote } from './ErrorNote';

interface Props {
  title: string;
  /** What the button does, e.g. "Delete". */
  action: string;
  children: ReactNode;
  error: Error | null;
  pending: boolean;
  onConfirm: () => void;
  onClose: () => void;
}

/** Asks before what cannot be undone. */
export function Confirm({ title, action, children, error, pending, onConfirm, onClose }: Props) {
  return (
    <Modal opened onClose={onClose} title={title} centered>
      <Stack>
        <Text component="div" size="sm" className="breakable">
          {children}
        </Text>
        <ErrorNote error={error} title="Nothing was done" />
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={onClose} data-autofocus>
            Cancel
          </Button>
          <Button color="red" loading={pending} onClick={onConfirm}>
            {action}
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}
