import { Anchor, Text } from '@mantine/core';
import { Link, useLocation } from 'react-router';
import type { Call } from '../lib/api';
import { duration, number } from '../lib/format';
import type { Column } from './DataTable';
import { CallBadge } from './StatusBadge';
import { TimeAgo } from './TimeAgo';

function StoryLink({ call }: { call: Call }) {
  const { pathname, search } = useLocation();
  return (
    <Anchor
      component={Link}
      to={{
        pathname: `/requests/${encodeURIComponent(call.id)}`,
        search: pathname.startsWith('/requests') ? search : '',
      }}
      size="sm"
    >
      <TimeAgo time={call.time} />
    </Anchor>
  );
}

const TIME: Column<Call> = { name: 'Time', cell: (call) => <StoryLink call={call} /> };

const KEY: Column<Call> = {
  name: 'Key',
  cell: (call) =>
    call.key_name === null ? (
      <Text size="sm" c="dimmed">
        {call.key_id === null ? 'unknown key' : 'deleted key'}
      </Text>
    ) : (
      <span className="name">{call.key_name}</span>
    ),
};

const REST: readonly Column<Call>[] = [
  {
    name: 'Model',
    cell: (call) => (
      <>
        <span className="name">{call.model === '' ? '–' : call.model}</span>
        <Text size="xs" c="dimmed" className="nowrap">
          {call.endpoint.replace('/v1/', '')}
          {call.stream && ', streamed'}
        </Text>
      </>
    ),
  },
  { name: 'Outcome', cell: (call) => <CallBadge call={call} /> },
  { name: 'Tokens in', align: 'right', cell: (call) => number(call.prompt_tokens) },
  { name: 'Tokens out', align: 'right', cell: (call) => number(call.completion_tokens) },
  {
    name: 'First byte',
    align: 'right',
    cell: (call) => <span className="nowrap">{duration(call.time_to_first_byte_ms)}</span>,
  },
  {
    name: 'Duration',
    align: 'right',
    cell: (call) => <span className="nowrap">{duration(call.duration_ms)}</span>,
  },
];

/** Of calls of one key. */
export const CALL_COLUMNS: readonly Column<Call>[] = [TIME, ...REST];

/** Of calls of several keys. */
export const CALL_COLUMNS_WITH_KEY: readonly Column<Call>[] = [TIME, KEY, ...REST];
