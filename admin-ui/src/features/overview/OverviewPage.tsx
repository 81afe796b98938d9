import { Anchor, Badge, Group, SimpleGrid, Stack, Switch, Table, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { Link, useLocation } from 'react-router';
import { Empty } from '../../components/Empty';
import { ErrorNote } from '../../components/ErrorNote';
import { Page } from '../../components/Page';
import { QuotaBar } from '../../components/QuotaBar';
import { RangePicker, useRange } from '../../components/RangePicker';
import { Section } from '../../components/Section';
import { SeriesChart } from '../../components/SeriesChart';
import { Stat } from '../../components/Stat';
import { usePolling } from '../../components/usePolling';
import { HealthBadge } from '../../components/StatusBadge';
import { api, result, type Group as UsageGroup, type Key } from '../../lib/api';
import { compact, duration, number, percent } from '../../lib/format';
import { rangeQuery } from '../../lib/range';
import { CALLS, TOKENS } from '../../lib/series';

const REFRESH_MS = 10_000;

export default function OverviewPage() {
  const [range, setRange] = useRange();
  const [live, setLive] = useState(true);
  const polling = usePolling(REFRESH_MS);
  const refetchInterval = live && polling;
  const { data, error, refetch } = useQuery({
    queryKey: ['overview', range],
    queryFn: ({ signal }) => result(api.GET('/overview', { params: { query: rangeQuery(range) }, signal })),
    refetchInterval,
  });
  const totals = data?.totals;
  const firstToken = data?.time_to_first_token_ms;
  return (
    <Page
      title="Overview"
      actions={
        <>
          <Switch label="Live" checked={live} onChange={(event) => setLive(event.currentTarget.checked)} />
          <RangePicker range={range} onChange={setRange} />
        </>
      }
    >
      <ErrorNote error={error} onRetry={() => void refetch()} />
      <SimpleGrid cols={{ base: 2, md: 4 }} spacing="sm">
        <Stat label="Requests" value={totals && number(totals.requests)} hint="sent to a backend" />
        <Stat
          label="Tokens in"
          value={totals && compact(totals.prompt_tokens)}
          hint={totals && `${compact(totals.cached_tokens)} of them cached`}
        />
        <Stat
          label="Tokens out"
          value={totals && compact(totals.completion_tokens)}
          hint={totals && `${compact(totals.reasoning_tokens)} of them reasoning`}
        />
        <Stat
          label="Errors"
          value={totals && number(totals.errors)}
          hint={totals && `${percent(totals.errors, totals.requests)} of the requests`}
        />
        <Stat label="Refused" value={totals && number(totals.refused)} hint="by limits, quotas and keys" />
        <Stat
          label="First token, median"
          value={firstToken && duration(firstToken.p50)}
          hint={firstToken && `95 %: within ${duration(firstToken.p95)}`}
        />
        <Stat label="In flight" value={data && number(data.in_flight)} hint="calls at backends now" />
        <Stat label="Waiting" value={data && number(data.waiting)} hint="calls in line now" />
      </SimpleGrid>
      <Backends refetchInterval={refetchInterval} />
      <SimpleGrid cols={{ base: 1, lg: 2 }} spacing="md">
        {(
          [
            ['Calls', CALLS],
            ['Tokens', TOKENS],
          ] as const
        ).map(([title, series]) => (
          <Section key={title} title={title}>
            <SeriesChart
              label={`${title} over time`}
              points={data?.series}
              interval={data?.interval ?? 'hour'}
              timeZone={data?.time_zone ?? 'UTC'}
              series={series}
            />
          </Section>
        ))}
      </SimpleGrid>
      <SimpleGrid cols={{ base: 1, md: 2, lg: 3 }} spacing="md">
        <Section title="Top keys">
          <Top
            groups={data?.top_keys}
            what="key"
            link={(group) =>
              group.name === 'deleted key' ? null : `/keys/${encodeURIComponent(group.group)}`
            }
          />
        </Section>
        <Section title="Top models">
          <Top
            groups={data?.top_models}
            what="model"
            link={(group) => `/requests?model=${encodeURIComponent(group.group)}`}
          />
        </Section>
        <Section title="Keys near exhaustion">
          <Exhausting keys={data?.exhausting_keys} />
        </Section>
      </SimpleGrid>
    </Page>
  );
}

function Backends({ refetchInterval }: { refetchInterval: number | false }) {
  const { data } = useQuery({
    queryKey: ['backends'],
    queryFn: async () => (await result(api.GET('/backends'))).data,
    refetchInterval,
  });
  return (
    <Section
      title="Backends"
      actions={
        <Anchor component={Link} to="/backends" size="sm">
          All about them
        </Anchor>
      }
    >
      <Group gap="xs" mih={28}>
        {data?.map((backend) => (
          <Badge
            key={`${backend.backend} ${backend.base_url ?? ''}`}
            variant="default"
            size="lg"
            tt="none"
            fw={500}
            maw="100%"
            rightSection={<HealthBadge health={backend.health} />}
          >
            {backend.backend} {backend.base_url?.replace(/^https?:\/\//, '')} · {number(backend.running)}{' '}
            running
            {backend.waiting > 0 && `, ${number(backend.waiting)} waiting`}
          </Badge>
        ))}
        {data?.length === 0 && (
          <Text size="sm" c="dimmed">
            No model stands on a backend yet.{' '}
            <Anchor component={Link} to="/models" inherit>
              Add or sync models
            </Anchor>
            .
          </Text>
        )}
      </Group>
    </Section>
  );
}

interface TopProps {
  groups: UsageGroup[] | undefined;
  what: string;
  link: (group: UsageGroup) => string | null;
}

function Top({ groups, what, link }: TopProps) {
  const { search } = useLocation();
  if (groups?.length === 0) return <Empty title="No calls in this range" />;
  return (
    <Table aria-label={`Top ${what}s`} layout="fixed">
      <Table.Thead>
        <Table.Tr>
          <Table.Th tt="capitalize">{what}</Table.Th>
          <Table.Th ta="right" w={90}>
            Requests
          </Table.Th>
          <Table.Th ta="right" w={90}>
            Tokens
          </Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {groups?.map((group) => {
          const to = link(group);
          return (
            <Table.Tr key={group.group}>
              <Table.Td>
                {to === null ? (
                  <Text size="sm" c="dimmed">
                    {group.name}
                  </Text>
                ) : (
                  <Anchor
                    component={Link}
                    to={to.includes('?') && search !== '' ? `${to}&${search.slice(1)}` : to}
                    size="sm"
                    className="name"
                  >
                    {group.name}
                  </Anchor>
                )}
              </Table.Td>
              <Table.Td ta="right">{number(group.requests)}</Table.Td>
              <Table.Td ta="right">{compact(group.total_tokens)}</Table.Td>
            </Table.Tr>
          );
        })}
      </Table.Tbody>
    </Table>
  );
}

function Exhausting({ keys }: { keys: Key[] | undefined }) {
  if (keys?.length === 0) {
    return <Empty title="None">Keys that have used 80 % of their quota appear here.</Empty>;
  }
  return (
    <Stack gap="sm">
      {keys?.map((key) => (
        <div key={key.id}>
          <Anchor component={Link} to={`/keys/${key.id}`} size="sm" className="name">
            {key.name}
          </Anchor>
          <QuotaBar
            used={key.used_tokens}
            reserved={key.reserved_tokens}
            limit={key.quota_tokens}
            period={key.quota_period}
          />
        </div>
      ))}
    </Stack>
  );
}
