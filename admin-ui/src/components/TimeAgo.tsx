import { Text, Tooltip } from '@mantine/core';
import { absolute, relative } from '../lib/format';
import { useNow } from './useNow';

interface Props {
  time: string | null;
  /** What stands for null. */
  never?: string;
  /** Shows the absolute time beside the relative one. */
  full?: boolean;
}

export function TimeAgo({ time, never = 'never', full = false }: Props) {
  const now = useNow();
  if (time == null) {
    return (
      <Text span inherit c="dimmed">
        {never}
      </Text>
    );
  }
  if (full) {
    return (
      <time dateTime={time}>
        {absolute(time)} ({relative(time, now)})
      </time>
    );
  }
  return (
    <Tooltip label={absolute(time)} events={{ hover: true, focus: true, touch: true }}>
      <time dateTime={time} className="nowrap">
        {relative(time, now)}
      </time>
    </Tooltip>
  );
}
