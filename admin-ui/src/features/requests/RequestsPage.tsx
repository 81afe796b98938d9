import { Anchor, Button, Group, NumberInput, Paper, Select, SimpleGrid, TextInput } from '@mantine/core';
import { useDebouncedCallback } from '@mantine/hooks';
import { keepPreviousData, useInfiniteQuery } from '@tanstack/react-query';
import { Download, RefreshCw } from 'lucide-react';
import { useState } from 'react';
import { useLocation, useNavigate, useParams } from 'react-router';
import { CALL_COLUMNS, CALL_COLUMNS_WITH_KEY } from '../../components/callColumns';
import { DataTable } from '../../components/DataTable';
import { Empty } from '../../components/Empty';
import { ErrorNote } from '../../components/ErrorNote';
import { KeySelect } from '../../components/KeySelect';
import { ModelSelect } from '../../components/ModelSelect';
import { Page } from '../../components/Page';
import { RangePicker, useRange } from '../../components/RangePicker';
import { useNow } from '../../components/useNow';
import { useFilters } from '../../components/useFilters';
import { api, BACKEND_KINDS, exportAddress, result } from '../../lib/api';
import { words } from '../../lib/format';
import { rangeInstants } from '../../lib/range';
import { OUTCOME_NAMES } from '../../lib/refusals';
import { useSession } from '../../lib/session';
import { Story } from './Story';

const FILTERS = ['key', 'model', 'backend', 'status', 'outcome', 'min_duration_ms', 'request_id'] as const;
const NO_FILTERS = Object.fromEntries(FILTERS.map((name) => [name, '']));
const STATUSES = ['2xx', '4xx', '5xx', '400', '401', '403', '404', '429', '499', '502', '503', '504'];

export default function RequestsPage() {
  const { role } = useSession();
  const { id } = useParams();
  const { search } = useLocation();
  const navigate = useNavigate();
  const now = useNow();
  const [range, setRange] = useRange();
  const [filters, setFilters] = useFilters(FILTERS);
  const query = {
    key: filters.key || undefined,
    model: filters.model || undefined,
    backend: BACKEND_KINDS.find((kind) => kind === filters.backend),
    status: filters.status || undefined,
    outcome: OUTCOME_NAMES.find((outcome) => outcome === filters.outcome),
    min_duration_ms: filters.min_duration_ms === '' ? undefined : Number(filters.min_duration_ms),
    request_id: filters.request_id || undefined,
  };
  const calls = useInfiniteQuery({
    queryKey: ['requests', 'list', range, query],
    queryFn: ({ pageParam, signal }) =>
      result(
        api.GET('/requests', {
          params: { query: { ...query, ...rangeInstants(range), after: pageParam } },
          signal,
        }),
      ),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next ?? undefined,
    placeholderData: keepPreviousData,
  });
  const filtered = FILTERS.some((name) => filters[name] !== '');
  const open = (call: string | null) =>
    void navigate({
      pathname: call === null ? '/requests' : `/requests/${encodeURIComponent(call)}`,
      search,
    });
  return (
    <Page
      title="Requests"
      hint="Every call, and why it ended as it did; latest first."
      actions={
        <>
          <RangePicker range={range} onChange={setRange} />
          <Button
            variant="default"
            leftSection={<RefreshCw size={16} aria-hidden />}
            onClick={() => void calls.refetch()}
            loading={calls.isRefetching}
          >
            Refresh
          </Button>
          <Button
            component="a"
            variant="default"
            leftSection={<Download size={16} aria-hidden />}
            href={exportAddress('/requests.csv', { ...query, ...rangeInstants(range, now) })}
            download
          >
            CSV
          </Button>
        </>
      }
    >
      <SimpleGrid cols={{ base: 1, xs: 2, md: 4 }} spacing="xs" role="search">
        {role === 'admin' && <KeySelect value={filters.key} onChange={(key) => setFilters({ key })} />}
        <ModelSelect label="Model" value={filters.model} onChange={(model) => setFilters({ model })} />
        <Select
          label="Status"
          placeholder="Any"
          clearable
          searchable
          data={STATUSES}
          value={filters.status || null}
          onChange={(status) => setFilters({ status: status ?? '' })}
        />
        <Select
          label="Outcome"
          placeholder="Any"
          clearable
          data={OUTCOME_NAMES.map((outcome) => ({ value: outcome, label: words(outcome) }))}
          value={filters.outcome || null}
          onChange={(outcome) => setFilters({ outcome: outcome ?? '' })}
        />
        {role === 'admin' && (
          <Select
            label="Backend"
            placeholder="Any"
            clearable
            data={BACKEND_KINDS}
            value={filters.backend || null}
            onChange={(backend) => setFilters({ backend: backend ?? '' })}
          />
        )}
        <TypedFilters key={filtered ? 'some' : 'none'} filters={filters} onChange={setFilters} />
      </SimpleGrid>
      {filtered && (
        <Group>
          <Button size="xs" variant="subtle" onClick={() => setFilters(NO_FILTERS)}>
            Clear the filters
          </Button>
        </Group>
      )}
      <ErrorNote error={calls.error} onRetry={() => void calls.refetch()} />
      <Paper withBorder radius="md" p="xs">
        <DataTable
          label="Calls"
          columns={role === 'admin' ? CALL_COLUMNS_WITH_KEY : CALL_COLUMNS}
          rows={calls.data?.pages.flatMap((page) => page.data)}
          rowId={(call) => call.id}
          onRow={(call) => open(call.id)}
          minWidth={820}
          more={{
            has: calls.hasNextPage,
            loading: calls.isFetchingNextPage,
            fetch: () => void calls.fetchNextPage(),
          }}
          empty={
            <Empty title={filtered ? 'No call is like that' : 'No calls in this range'}>
              {filtered ? (
                'Take a longer range, or fewer filters.'
              ) : (
                <>
                  Call the gateway with a key, or try a model in the{' '}
                  <Anchor inherit onClick={() => void navigate('/playground')} component="button">
                    playground
                  </Anchor>
                  .
                </>
              )}
            </Empty>
          }
        />
      </Paper>
      {id !== undefined && <Story id={id} onClose={() => open(null)} />}
    </Page>
  );
}

interface TypedProps {
  filters: Record<(typeof FILTERS)[number], string>;
  onChange: (change: Partial<Record<(typeof FILTERS)[number], string>>) => void;
}

/** Those that are typed: asked for once the typing rests. */
function TypedFilters({ filters, onChange }: TypedProps) {
  const [requestId, setRequestId] = useState(filters.request_id);
  const later = useDebouncedCallback(onChange, 350);
  return (
    <>
      <NumberInput
        label="At least this slow"
        placeholder="Milliseconds"
        suffix=" ms"
        min={0}
        allowDecimal={false}
        allowNegative={false}
        hideControls
        thousandSeparator=","
        defaultValue={filters.min_duration_ms === '' ? '' : Number(filters.min_duration_ms)}
        onChange={(value) => later({ min_duration_ms: String(value) })}
      />
      <TextInput
        label="Request id"
        placeholder="As in x-request-id"
        maxLength={200}
        value={requestId}
        onChange={(event) => {
          setRequestId(event.currentTarget.value);
          later({ request_id: event.currentTarget.value.trim() });
        }}
      />
    </>
  );
}
