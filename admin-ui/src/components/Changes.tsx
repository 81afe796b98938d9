import { Badge, Text } from '@mantine/core';
import { useInfiniteQuery } from '@tanstack/react-query';
import { api, result, type Change } from '../lib/api';
import { counted, number, words } from '../lib/format';
import { rangeInstants, type Range } from '../lib/range';
import { DataTable, type Column } from './DataTable';
import { Empty } from './Empty';
import { ErrorNote } from './ErrorNote';
import { TimeAgo } from './TimeAgo';

interface Props {
  filter: { kind?: Change['kind']; id?: string };
  /** Undefined for all time. */
  range?: Range;
  /** How an object's name is shown where the changes are of several. */
  object?: (change: Change) => React.ReactNode;
}

/** Who changed what, latest first. */
export function Changes({ filter, range, object }: Props) {
  const changes = useInfiniteQuery({
    queryKey: ['audit', filter, range],
    queryFn: ({ pageParam, signal }) => {
      const period = range === undefined ? { from: '1970-01-01' } : rangeInstants(range);
      return result(
        api.GET('/audit', {
          params: { query: { ...filter, ...period, limit: 25, after: pageParam } },
          signal,
        }),
      );
    },
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next ?? undefined,
  });
  const columns: Column<Change>[] = [
    { name: 'When', cell: (change) => <TimeAgo time={change.time} /> },
    { name: 'Who', cell: (change) => <Actor change={change} /> },
    {
      name: 'What',
      cell: (change) => (
        <Badge variant="light" tt="none" color={COLORS[change.action]}>
          {words(change.action)}
        </Badge>
      ),
    },
    ...(object === undefined ? [] : [{ name: 'Of', cell: object }]),
    { name: 'Changes', cell: (change) => <Fields change={change} /> },
  ];
  return (
    <>
      <ErrorNote error={changes.error} onRetry={() => void changes.refetch()} />
      {changes.error === null && (
        <DataTable
          label="Changes"
          columns={columns}
          rows={changes.data?.pages.flatMap((page) => page.data)}
          rowId={(change) => change.id}
          minWidth={640}
          more={{
            has: changes.hasNextPage,
            loading: changes.isFetchingNextPage,
            fetch: () => void changes.fetchNextPage(),
          }}
          empty={
            <Empty title="No changes">What administrators and key holders change is written down here.</Empty>
          }
        />
      )}
    </>
  );
}

const COLORS: Record<Change['action'], string> = {
  create: 'green',
  update: 'blue',
  delete: 'red',
  rotate: 'orange',
  reset_usage: 'yellow',
};

function Actor({ change }: { change: Change }) {
  return (
    <>
      <Text size="sm" className="name">
        {change.actor}
      </Text>
      <Text size="xs" c="dimmed">
        {change.client_ip ?? (change.actor === 'gateway' ? 'by itself' : 'unknown address')}
      </Text>
    </>
  );
}

function Fields({ change }: { change: Change }) {
  const before = change.before ?? {};
  const after = change.after ?? {};
  const fields = [...new Set([...Object.keys(before), ...Object.keys(after)])];
  if (fields.length === 0) return null;
  return (
    <details open={fields.length <= 3}>
      <summary>{counted(fields.length, 'field')}</summary>
      {fields.map((field) => (
        <Text key={field} size="xs" className="breakable">
          <strong>{words(field)}</strong>:{' '}
          {field in before && (
            <>
              <s>{shown(before[field])}</s> →{' '}
            </>
          )}
          {field in after ? shown(after[field]) : 'gone'}
        </Text>
      ))}
    </details>
  );
}

function shown(value: unknown): string {
  if (value === null || value === undefined) return 'none';
  if (typeof value === 'string') return value === '' ? '“”' : value;
  return typeof value === 'number' ? number(value) : JSON.stringify(value);
}
