import { Alert, Button, Text } from '@mantine/core';
import { CircleAlert } from 'lucide-react';

interface Props {
  error: Error | null;
  /** What was not done, e.g. "The key was not saved". */
  title?: string;
  onRetry?: () => void;
}

/** Nothing when there is no error. */
export function ErrorNote({ error, title = 'This could not be loaded', onRetry }: Props) {
  if (error === null) return null;
  return (
    <Alert color="red" title={title} icon={<CircleAlert size={18} aria-hidden />} role="alert">
      <Text size="sm" className="breakable">
        {error.message}
      </Text>
      {onRetry !== undefined && (
        <Button size="xs" mt="xs" variant="default" onClick={onRetry}>
          Try again
        </Button>
      )}
    </Alert>
  );
}
