import { Alert, Button, Code, Group, Stack, Text } from '@mantine/core';
import { CopyButton } from './CopyButton';
import { Snippets } from './Snippets';

interface Props {
  secret: string;
  model: string;
  /** E.g. until when the one before works. */
  hint?: string;
  onClose: () => void;
}

/** Of the dialog around it: nothing closes it by the way, for nobody can show the secret again. */
export const SHOWN_ONCE = { closeOnClickOutside: false, closeOnEscape: false, withCloseButton: false };

/** A key's secret, the only time that it is shown. */
export function Secret({ secret, model, hint, onClose }: Props) {
  return (
    <Stack>
      <Alert color="orange" title="Copy the key now">
        It is shown this once; the gateway keeps only a hash of it. {hint}
      </Alert>
      <Group gap="xs">
        <Code fz="sm" p="xs" className="breakable" data-testid="secret">
          {secret}
        </Code>
        <CopyButton value={secret} what="the key" wide />
      </Group>
      <Text fw={600} size="sm">
        Use it
      </Text>
      <Snippets apiKey={secret} model={model} />
      <Group justify="flex-end">
        <Button onClick={onClose} variant="default">
          Done
        </Button>
      </Group>
    </Stack>
  );
}
