import { Button, Group, Paper, SegmentedControl, Select, SimpleGrid } from '@mantine/core';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { Download } from 'lucide-react';
import { DataTable, type Column } from '../../components/DataTable';
import { Empty } from '../../components/Empty';
import { ErrorNote } from '../../components/ErrorNote';
import { KeySelect } from '../../components/KeySelect';
import { ModelSelect } from '../../components/ModelSelect';
import { Page } from '../../components/Page';
import { RangePicker, useRange } from '../../components/RangePicker';
import { Section } from '../../components/Section';
import { SeriesChart } from '../../components/SeriesChart';
import { Stat } from '../../components/Stat';
import { useFilters } from '../../components/useFilters';
import { useNow } from '../../components/useNow';
import { api, BACKEND_KINDS, exportAddress, result, type Group as UsageGroup } from '../../lib/api';
import { compact, number, percent } from '../../lib/format';
import { rangeQuery } from '../../lib/range';
import { CALLS, groupSeries, TOKENS, type Metric } from '../../lib/series';
import { useSession } from '../../lib/session';

const GROUPS = ['key', 'model', 'backend'] as const;
const INTERVALS = ['hour', 'day'] as const;
const METRICS: { value: Metric; label: string }[] = [
  { value: 'total_tokens', label: 'Tokens' },
  { value: 'requests', label: 'Requests' },
  { value: 'errors', label: 'Errors' },
];

export default function UsagePage() {
  const { role } = useSession();
  const now = useNow();
  const [range, setRange] = useRange('7d');
  const [filters, setFilters] = useFilters(['by', 'interval', 'metric', 'key', 'model', 'backend']);
  const groups = GROUPS.filter((group) => role === 'admin' || group === 'model');
  const groupBy = groups.find((group) => group === filters.by);
  const metric = METRICS.find(({ value }) => value === filters.metric)?.value ?? 'total_tokens';
  const query = {
    interval: INTERVALS.find((interval) => interval === filters.interval),
    group_by: groupBy,
    key: filters.key || undefined,
    model: filters.model || undefined,
    backend: BACKEND_KINDS.find((kind) => kind === filters.backend),
  };
  const { data, error, refetch } = useQuery({
    queryKey: ['usage', range, query],
    queryFn: ({ signal }) =>
      result(api.GET('/usage', { params: { query: { ...rangeQuery(range), ...query } }, signal })),
    placeholderData: keepPreviousData,
  });
  const series =
    groupBy === undefined
      ? metric === 'total_tokens'
        ? TOKENS
        : CALLS
      : groupSeries(data?.series ?? [], data?.groups ?? [], metric);
  const totals = data?.totals;
  return (
    <Page
      title="Usage"
      hint={`Days are those of ${range.timeZone}`}
      actions={
        <>
          <RangePicker range={range} onChange={setRange} />
          <Button
            component="a"
            variant="default"
            leftSection={<Download size={16} aria-hidden />}
            href={exportAddress('/usage.csv', { ...rangeQuery(range, now), ...query })}
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
        <Select
          label="Interval"
          placeholder="As fits the range"
          clearable
          data={INTERVALS}
          value={filters.interval || null}
          onChange={(interval) => setFilters({ interval: interval ?? '' })}
        />
      </SimpleGrid>
      <ErrorNote error={error} onRetry={() => void refetch()} />
      <SimpleGrid cols={{ base: 2, md: 5 }} spacing="sm">
        <Stat label="Requests" value={totals && number(totals.requests)} />
        <Stat label="Tokens in" value={totals && compact(totals.prompt_tokens)} />
        <Stat label="Tokens out" value={totals && compact(totals.completion_tokens)} />
        <Stat
          label="Errors"
          value={totals && number(totals.errors)}
          hint={totals && `${percent(totals.errors, totals.requests)} of the requests`}
        />
        <Stat label="Refused" value={totals && number(totals.refused)} />
      </SimpleGrid>
      <Section
        title="Over time"
        actions={
          <Group gap="xs">
            <SegmentedControl
              aria-label="What is counted"
              size="xs"
              data={METRICS.filter(({ value }) => groupBy !== undefined || value !== 'errors')}
              value={groupBy === undefined && metric === 'errors' ? 'requests' : metric}
              onChange={(value) => setFilters({ metric: value })}
            />
            <SegmentedControl
              aria-label="Grouped by"
              size="xs"
              data={[
                { value: '', label: 'All' },
                ...groups.map((group) => ({ value: group, label: `By ${group}` })),
              ]}
              value={groupBy ?? ''}
              onChange={(by) => setFilters({ by })}
            />
          </Group>
        }
      >
        {totals?.requests === 0 && totals.refused === 0 ? (
          <Empty title="No calls in this range">Take a longer range, or fewer filters.</Empty>
        ) : (
          <SeriesChart
            label={`Usage over time${groupBy === undefined ? '' : ` by ${groupBy}`}`}
            points={data?.series}
            interval={data?.interval ?? 'day'}
            timeZone={data?.time_zone ?? 'UTC'}
            series={series}
          />
        )}
      </Section>
      {groupBy !== undefined && (
        <Paper withBorder radius="md" p="xs">
          <DataTable
            label={`Usage by ${groupBy}`}
            columns={columns(groupBy)}
            rows={data?.groups}
            rowId={(group) => group.group}
            minWidth={640}
            empty={<Empty title="No calls in this range" />}
          />
        </Paper>
      )}
    </Page>
  );
}

const columns = (name: string): Column<UsageGroup>[] => [
  {
    name: name.charAt(0).toUpperCase() + name.slice(1),
    cell: (group) => <span className="name">{group.name}</span>,
  },
  { name: 'Requests', align: 'right', cell: (group) => number(group.requests) },
  { name: 'Errors', align: 'right', cell: (group) => number(group.errors) },
  { name: 'Refused', align: 'right', cell: (group) => number(group.refused) },
  { name: 'Tokens in', align: 'right', cell: (group) => number(group.prompt_tokens) },
  { name: 'Tokens out', align: 'right', cell: (group) => number(group.completion_tokens) },
  { name: 'Tokens', align: 'right', cell: (group) => number(group.total_tokens) },
];
