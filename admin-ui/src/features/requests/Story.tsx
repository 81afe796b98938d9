import { Alert, Drawer, Group, Skeleton, Stack, Text, Timeline, Title } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Check, CircleX, DoorOpen, Hourglass, Server } from 'lucide-react';
import { CopyButton } from '../../components/CopyButton';
import { ErrorNote } from '../../components/ErrorNote';
import { Facts } from '../../components/Facts';
import { CallBadge } from '../../components/StatusBadge';
import { TimeAgo } from '../../components/TimeAgo';
import { api, result, type Attempt, type Call } from '../../lib/api';
import { absolute, duration, number, words } from '../../lib/format';
import { explainOutcome, explainRefusal, explainSource, outcomeColor } from '../../lib/refusals';

/** What became of one call, from its coming to its end. */
export function Story({ id, onClose }: { id: string; onClose: () => void }) {
  const { data: call, error } = useQuery({
    queryKey: ['requests', id],
    queryFn: () => result(api.GET('/requests/{id}', { params: { path: { id } } })),
    staleTime: Infinity,
  });
  return (
    <Drawer opened onClose={onClose} position="right" size="lg" title="The call’s story">
      <ErrorNote error={error} />
      {call === undefined ? error === null && <Skeleton height={420} /> : <Told call={call} />}
    </Drawer>
  );
}

function Told({ call }: { call: Call }) {
  return (
    <Stack>
      <Group gap="xs">
        <CallBadge call={call} />
        <Text size="sm" c="dimmed">
          <TimeAgo time={call.time} full />
        </Text>
      </Group>
      <Alert color={outcomeColor(call.outcome)} variant="light">
        {call.refusal === null ? explainOutcome(call.outcome) : explainRefusal(call.refusal)}
      </Alert>
      <Title order={3} size="h6">
        What happened
      </Title>
      <Happenings call={call} />
      <Title order={3} size="h6">
        Facts
      </Title>
      <Facts
        facts={{
          'Request id': (
            <Group gap="xs" wrap="nowrap">
              <Text span inherit ff="monospace">
                {call.request_id}
              </Text>
              <CopyButton value={call.request_id} what="the request id" />
            </Group>
          ),
          Key: call.key_name ?? (call.key_id === null ? 'one that nobody has' : `deleted (${call.key_id})`),
          Endpoint: `${call.endpoint}${call.stream ? ', streamed' : ''}`,
          'Model asked for': call.model === '' ? 'nobody had looked yet' : call.model,
          'Model that replied': call.upstream_model ?? undefined,
          Backend:
            call.backend === null ? undefined : [call.backend, call.base_url].filter(Boolean).join(' at '),
          'Rule that refused': call.refusal ?? undefined,
          'Tokens in':
            number(call.prompt_tokens) +
            (call.cached_tokens > 0 ? `, ${number(call.cached_tokens)} of them cached` : ''),
          'Tokens out':
            number(call.completion_tokens) +
            (call.reasoning_tokens > 0 ? `, ${number(call.reasoning_tokens)} of them reasoning` : ''),
          'Tokens are': call.usage_source === null ? undefined : explainSource(call.usage_source),
          'Waited in line': duration(call.waited_ms),
          'First byte after': duration(call.time_to_first_byte_ms),
          'Took in all': duration(call.duration_ms),
          Speed: speed(call),
        }}
      />
    </Stack>
  );
}

function speed(call: Call): string | undefined {
  const generating = call.duration_ms - (call.time_to_first_byte_ms ?? call.duration_ms);
  if (!call.stream || generating <= 0 || call.completion_tokens === 0) return undefined;
  return `${number((call.completion_tokens / generating) * 1000)} tokens/s after the first byte`;
}

function Happenings({ call }: { call: Call }) {
  const refused = call.outcome === 'refused';
  return (
    <Timeline bulletSize={26} lineWidth={2} active={99} color="gray">
      <Timeline.Item bullet={<DoorOpen size={14} aria-hidden />} title="The call came">
        <Note>{absolute(call.time)}</Note>
      </Timeline.Item>
      {call.failed_attempts.map((attempt, index) => (
        <Timeline.Item
          key={index}
          color="red"
          bullet={<CircleX size={14} aria-hidden />}
          title={`Attempt ${number(index + 1)} failed: ${words(attempt.failure)}`}
        >
          <Note>{tell(attempt)}</Note>
        </Timeline.Item>
      ))}
      {!refused && call.waited_ms >= 1 && (
        <Timeline.Item bullet={<Hourglass size={14} aria-hidden />} title="It waited in line">
          <Note>{duration(call.waited_ms)} in all, for a free place at a backend</Note>
        </Timeline.Item>
      )}
      {call.backend !== null && (
        <Timeline.Item bullet={<Server size={14} aria-hidden />} title={`${call.backend} took it`}>
          <Note>
            {call.upstream_model}
            {call.time_to_first_byte_ms !== null &&
              `; first bytes of the reply ${duration(call.time_to_first_byte_ms)} after the call came`}
          </Note>
        </Timeline.Item>
      )}
      <Timeline.Item
        color={outcomeColor(call.outcome)}
        bullet={
          call.outcome === 'completed' ? <Check size={14} aria-hidden /> : <CircleX size={14} aria-hidden />
        }
        title={`${words(call.outcome)}, status ${call.status}`}
      >
        <Note>after {duration(call.duration_ms)}</Note>
      </Timeline.Item>
    </Timeline>
  );
}

function Note({ children }: { children: React.ReactNode }) {
  return (
    <Text size="sm" c="dimmed" className="breakable">
      {children}
    </Text>
  );
}

function tell(attempt: Attempt): string {
  return [
    [attempt.backend, attempt.base_url].filter(Boolean).join(' at '),
    attempt.upstream_model,
    attempt.status === null ? 'no answer' : `status ${attempt.status}`,
    attempt.waited_ms >= 1 ? `${duration(attempt.waited_ms)} in line` : '',
    `gave up after ${duration(attempt.duration_ms)}`,
  ]
    .filter((part) => part !== '')
    .join(', ');
}
