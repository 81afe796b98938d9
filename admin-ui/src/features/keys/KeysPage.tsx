import { Anchor, Badge, Button, Group, Paper, Select, Text, TextInput } from '@mantine/core';
import { useDebouncedCallback } from '@mantine/hooks';
import { keepPreviousData, useInfiniteQuery, useMutation, useQueryClient } from '@tanstack/react-query';
import { toast } from '../../lib/toasts';
import { Plus, Search } from 'lucide-react';
import { useState } from 'react';
import { Link } from 'react-router';
import { Confirm } from '../../components/Confirm';
import { DataTable, type Column } from '../../components/DataTable';
import { Empty } from '../../components/Empty';
import { ErrorNote } from '../../components/ErrorNote';
import { Page } from '../../components/Page';
import { QuotaBar } from '../../components/QuotaBar';
import { KeyBadge } from '../../components/StatusBadge';
import { TimeAgo } from '../../components/TimeAgo';
import { useFilters } from '../../components/useFilters';
import { api, result, type Key } from '../../lib/api';
import { compact, counted, number } from '../../lib/format';
import { CreateKey } from './CreateKey';
import { KeyMenu } from './KeyMenu';

const STATUSES = ['active', 'disabled', 'expired', 'exhausted'] as const;
const TIERS = ['free', 'paid'] as const;
const SORTS = ['created_at', 'name', 'last_used_at', 'used_tokens', 'quota_used'] as const;
const NONE: ReadonlySet<string> = new Set();

export default function KeysPage() {
  const [selected, setSelected] = useState(NONE);
  const [filters, filter] = useFilters(['q', 'status', 'tier', 'sort', 'order']);
  // What is not shown any more must not be deleted with what is.
  const setFilters: typeof filter = (change) => {
    setSelected(NONE);
    filter(change);
  };
  const [search, setSearch] = useState(filters.q);
  const find = useDebouncedCallback((q: string) => setFilters({ q }), 250);
  const [creating, setCreating] = useState(false);
  const sort = SORTS.find((one) => one === filters.sort) ?? 'created_at';
  const order =
    filters.order === 'asc' ? 'asc' : filters.order === 'desc' || filters.sort === '' ? 'desc' : 'asc';
  const query = {
    q: filters.q || undefined,
    status: STATUSES.find((one) => one === filters.status),
    tier: TIERS.find((one) => one === filters.tier),
    sort,
    order,
  } as const;
  const keys = useInfiniteQuery({
    queryKey: ['keys', 'list', query],
    queryFn: ({ pageParam, signal }) =>
      result(api.GET('/keys', { params: { query: { ...query, after: pageParam } }, signal })),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next ?? undefined,
    placeholderData: keepPreviousData,
  });
  const total = keys.data?.pages[0]?.total;
  const filtered = filters.q !== '' || filters.status !== '' || filters.tier !== '';
  const create = (
    <Button leftSection={<Plus size={16} aria-hidden />} onClick={() => setCreating(true)}>
      New key
    </Button>
  );
  return (
    <Page
      title="Keys"
      hint={total !== undefined && `${number(total)} ${filtered ? 'found' : 'in all'}`}
      actions={create}
    >
      <Group gap="xs" role="search">
        <TextInput
          aria-label="Search keys"
          placeholder="Name, note, beginning of the key or id"
          leftSection={<Search size={16} aria-hidden />}
          maxLength={200}
          flex="1 1 220px"
          value={search}
          onChange={(event) => {
            setSearch(event.currentTarget.value);
            find(event.currentTarget.value);
          }}
        />
        <Select
          aria-label="State"
          placeholder="Any state"
          clearable
          w={150}
          data={STATUSES}
          value={filters.status || null}
          onChange={(status) => setFilters({ status: status ?? '' })}
        />
        <Select
          aria-label="Tier"
          placeholder="Any tier"
          clearable
          w={120}
          data={TIERS}
          value={filters.tier || null}
          onChange={(tier) => setFilters({ tier: tier ?? '' })}
        />
      </Group>
      <ErrorNote error={keys.error} onRetry={() => void keys.refetch()} />
      {selected.size > 0 && (
        <Bulk
          keys={keys.data?.pages.flatMap((page) => page.data).filter(({ id }) => selected.has(id)) ?? []}
          onDone={() => setSelected(NONE)}
        />
      )}
      <Paper withBorder radius="md" p="xs">
        <DataTable
          label="Keys"
          columns={COLUMNS}
          rows={keys.data?.pages.flatMap((page) => page.data)}
          rowId={(key) => key.id}
          rowName={(key) => key.name}
          minWidth={900}
          selection={{ ids: selected, onSelect: setSelected }}
          sorting={{ by: sort, order, onSort: (by, next) => setFilters({ sort: by, order: next }) }}
          more={{
            has: keys.hasNextPage,
            loading: keys.isFetchingNextPage,
            fetch: () => void keys.fetchNextPage(),
          }}
          empty={
            filtered ? (
              <Empty
                title="No key is like that"
                action={
                  <Button
                    variant="default"
                    onClick={() => {
                      setSearch('');
                      setFilters({ q: '', status: '', tier: '' });
                    }}
                  >
                    Show all keys
                  </Button>
                }
              />
            ) : (
              <Empty title="There are no keys yet" action={create}>
                Applications call the gateway with a key, which says what they may use and how much.
              </Empty>
            )
          }
        />
      </Paper>
      {creating && <CreateKey onClose={() => setCreating(false)} />}
    </Page>
  );
}

const COLUMNS: readonly Column<Key>[] = [
  {
    name: 'Name',
    sort: 'name',
    cell: (key) => (
      <>
        <Anchor component={Link} to={`/keys/${key.id}`} size="sm" fw={500} className="name">
          {key.name}
        </Anchor>
        <Text size="xs" c="dimmed" ff="monospace">
          {key.built_in ? 'built in' : `${key.key_prefix}…`}
        </Text>
      </>
    ),
  },
  {
    name: 'State',
    cell: (key) => (
      <Group gap={4} wrap="nowrap">
        <KeyBadge value={key} />
        {key.tier === 'paid' && (
          <Badge variant="outline" color="gray" tt="none">
            paid
          </Badge>
        )}
      </Group>
    ),
  },
  {
    name: 'Quota',
    sort: 'quota_used',
    cell: (key) => (
      <QuotaBar
        used={key.used_tokens}
        reserved={key.reserved_tokens}
        limit={key.quota_tokens}
        period={key.quota_period}
      />
    ),
  },
  { name: 'Limits', cell: (key) => <Limits value={key} /> },
  { name: 'Last used', sort: 'last_used_at', cell: (key) => <TimeAgo time={key.last_used_at} /> },
  { name: 'Created', sort: 'created_at', cell: (key) => <TimeAgo time={key.created_at} /> },
  { name: 'Actions', align: 'right', cell: (key) => <KeyMenu value={key} /> },
];

function Limits({ value }: { value: Key }) {
  const limits = [
    value.rpm !== null && `${compact(value.rpm)} requests/min`,
    value.tpm !== null && `${compact(value.tpm)} tokens/min`,
    value.max_concurrent !== null && `${number(value.max_concurrent)} at once`,
  ].filter((limit) => limit !== false);
  return (
    <Text size="xs" c="dimmed" className="lines">
      {limits.length === 0 ? 'none' : limits.join('\n')}
    </Text>
  );
}

function Bulk({ keys, onDone }: { keys: readonly Key[]; onDone: () => void }) {
  const queries = useQueryClient();
  const [deleting, setDeleting] = useState(false);
  const change = useMutation({
    mutationFn: (action: 'enable' | 'disable' | 'delete') =>
      result(api.POST('/keys/bulk', { body: { ids: keys.map(({ id }) => id), action } })),
    onSuccess: async ({ changed, missing }, action) => {
      toast(
        `${counted(changed.length, 'key')} ${action}d` +
          (missing.length > 0 ? `; ${number(missing.length)} were gone already` : ''),
      );
      onDone();
      await queries.invalidateQueries({ queryKey: ['keys'] });
    },
  });
  const count = counted(keys.length, 'key');
  return (
    <Group gap="xs" role="group" aria-label="Selected keys">
      <Text size="sm" fw={500} aria-live="polite">
        {count} selected
      </Text>
      <Button size="xs" variant="default" onClick={() => change.mutate('enable')} disabled={change.isPending}>
        Enable
      </Button>
      <Button
        size="xs"
        variant="default"
        onClick={() => change.mutate('disable')}
        disabled={change.isPending}
      >
        Disable
      </Button>
      <Button size="xs" color="red" variant="outline" onClick={() => setDeleting(true)}>
        Delete
      </Button>
      <Button size="xs" variant="subtle" onClick={onDone}>
        Select none
      </Button>
      {!deleting && <ErrorNote error={change.error} title="Nothing was changed" />}
      {deleting && (
        <Confirm
          title={`Delete ${count}`}
          action={`Delete ${count}`}
          error={change.error}
          pending={change.isPending}
          onConfirm={() => change.mutate('delete')}
          onClose={() => setDeleting(false)}
        >
          <strong>{names(keys)}</strong>: whoever uses them is refused from now on. This cannot be undone;
          what they used stays counted.
        </Confirm>
      )}
    </Group>
  );
}

/** Of the first ten, and how many more there are. */
function names(keys: readonly Key[]): string {
  const shown = keys.slice(0, 10).map(({ name }) => name);
  const rest = keys.length - shown.length;
  return shown.join(', ') + (rest > 0 ? ` and ${number(rest)} more` : '');
}
