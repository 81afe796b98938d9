import { Notification, Portal, Stack } from '@mantine/core';
import { dismiss, useToasts } from '../lib/toasts';

export function Toasts() {
  const toasts = useToasts();
  return (
    <Portal>
      <Stack className="toasts" gap="xs" role="status" aria-live="polite">
        {toasts.map(({ id, message, fault }) => (
          <Notification
            key={id}
            withBorder
            color={fault === undefined ? 'brand' : 'red'}
            title={fault === undefined ? undefined : message}
            closeButtonProps={{ 'aria-label': 'Dismiss' }}
            onClose={() => dismiss(id)}
          >
            {fault ?? message}
          </Notification>
        ))}
      </Stack>
    </Portal>
  );
}
