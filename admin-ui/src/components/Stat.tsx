import { Paper, Skeleton, Text } from '@mantine/core';
import type { ReactNode } from 'react';

interface Props {
  label: string;
  /** Undefined while it is fetched. */
  value: ReactNode;
  hint?: ReactNode;
}

export function Stat({ label, value, hint }: Props) {
  return (
    <Paper withBorder p="sm" radius="md" component="dl" m={0}>
      <Text component="dt" size="xs" c="dimmed">
        {label}
      </Text>
      <Text component="dd" m={0} fz={22} fw={650} lh={1.3} className="numbers">
        {value ?? <Skeleton height={24} my={2} w="60%" />}
      </Text>
      <Text component="dd" m={0} size="xs" c="dimmed" mih={18}>
        {hint}
      </Text>
    </Paper>
  );
}
