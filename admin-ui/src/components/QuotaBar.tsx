import { Box, Group, Progress, Text, Tooltip } from '@mantine/core';
import { compact, number, percent } from '../lib/format';

interface Props {
  used: number;
  reserved?: number;
  /** Null for no quota. */
  limit: number | null;
  period: string;
}

export function QuotaBar({ used, reserved = 0, limit, period }: Props) {
  if (limit === null) {
    return (
      <Text size="sm" c="dimmed" className="nowrap">
        {compact(used)} used, no quota
      </Text>
    );
  }
  const share = limit === 0 ? 1 : used / limit;
  const label =
    `${number(used)} of ${number(limit)} tokens used` +
    (reserved > 0 ? `, ${number(reserved)} set aside for calls under way` : '') +
    (period === 'total' ? '' : `, each ${period}`);
  return (
    <Tooltip label={label}>
      <Box miw={130}>
        <Group justify="space-between" gap={6} wrap="nowrap">
          <Text size="xs" className="nowrap">
            {compact(used)} / {compact(limit)}
          </Text>
          <Text size="xs" c="dimmed">
            {percent(used, limit)}
          </Text>
        </Group>
        <Progress.Root size="sm" mt={2}>
          <Progress.Section
            value={Math.min(100, share * 100)}
            color={share >= 1 ? 'red' : share >= 0.8 ? 'orange' : 'brand'}
            aria-label={label}
          />
          {reserved > 0 && (
            <Progress.Section
              value={limit === 0 ? 0 : Math.min(100 - Math.min(100, share * 100), (reserved / limit) * 100)}
              color="gray"
              aria-label={`${number(reserved)} tokens set aside`}
            />
          )}
        </Progress.Root>
      </Box>
    </Tooltip>
  );
}
