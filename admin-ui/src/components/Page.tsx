import { Box, Group, Stack, Text, Title } from '@mantine/core';
import { useEffect, type ReactNode } from 'react';

interface Props {
  title: string;
  /** What stands before the title, e.g. a way back. */
  above?: ReactNode;
  hint?: ReactNode;
  actions?: ReactNode;
  children: ReactNode;
}

export function Page({ title, above, hint, actions, children }: Props) {
  useEffect(() => {
    document.title = `${title.slice(0, 80)} · ModelGate`;
  }, [title]);
  return (
    <Stack gap="lg">
      <Box>
        {above}
        <Group justify="space-between" align="flex-end" gap="sm">
          <Box miw={0} maw="100%">
            <Title order={1} size="h2" className="breakable">
              {title}
            </Title>
            {hint !== undefined && (
              <Text c="dimmed" size="sm" component="div">
                {hint}
              </Text>
            )}
          </Box>
          {actions !== undefined && <Group gap="xs">{actions}</Group>}
        </Group>
      </Box>
      {children}
    </Stack>
  );
}
