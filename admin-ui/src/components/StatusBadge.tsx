import { Badge } from '@mantine/core';
import type { Call, Health, Key } from '../lib/api';
import { words } from '../lib/format';
import { outcomeColor } from '../lib/refusals';

export function CallBadge({ call }: { call: Call }) {
  return (
    <Badge color={outcomeColor(call.outcome)} variant="light" tt="none">
      {call.status} {words(call.refusal ?? call.outcome)}
    </Badge>
  );
}

export function KeyBadge({ value }: { value: Key }) {
  const [color, text] = keyState(value);
  return (
    <Badge color={color} variant="light" tt="none">
      {text}
    </Badge>
  );
}

function keyState(key: Key): [string, string] {
  if (!key.enabled) return ['gray', 'disabled'];
  if (key.expired) return ['red', 'expired'];
  if (key.quota_tokens !== null && key.used_tokens >= key.quota_tokens) return ['orange', 'quota used up'];
  return ['green', 'active'];
}

const HEALTH_COLORS: Record<Health, string> = {
  ready: 'green',
  loading: 'yellow',
  down: 'red',
  unknown: 'gray',
};

export function HealthBadge({ health }: { health: Health }) {
  return (
    <Badge color={HEALTH_COLORS[health]} variant="light" tt="none">
      {health}
    </Badge>
  );
}
