import { Anchor, Badge, Button, Group, SimpleGrid, Skeleton, Table, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { ArrowLeft, Pencil } from 'lucide-react';
import { useState } from 'react';
import { Link, useNavigate, useParams } from 'react-router';
import { Changes } from '../../components/Changes';
import { Empty } from '../../components/Empty';
import { ErrorNote } from '../../components/ErrorNote';
import { Facts } from '../../components/Facts';
import { Page } from '../../components/Page';
import { QuotaBar } from '../../components/QuotaBar';
import { RangePicker, useRange } from '../../components/RangePicker';
import { RecentCalls } from '../../components/RecentCalls';
import { Section } from '../../components/Section';
import { SeriesChart } from '../../components/SeriesChart';
import { KeyBadge } from '../../components/StatusBadge';
import { TimeAgo } from '../../components/TimeAgo';
import { api, result, type Key } from '../../lib/api';
import { compact, number } from '../../lib/format';
import { rangeQuery } from '../../lib/range';
import { TOKENS } from '../../lib/series';
import { EditKey } from './EditKey';
import { KeyMenu } from './KeyMenu';

export default function KeyPage() {
  const { id = '' } = useParams();
  const navigate = useNavigate();
  const [editing, setEditing] = useState(false);
  const [range, setRange] = useRange('7d');
  const {
    data: key,
    error,
    refetch,
  } = useQuery({
    queryKey: ['keys', id],
    queryFn: () => result(api.GET('/keys/{id}', { params: { path: { id } } })),
  });
  return (
    <Page
      title={key?.name ?? 'Key'}
      above={
        <Anchor component={Link} to="/keys" size="sm">
          <ArrowLeft size={14} aria-hidden /> Keys
        </Anchor>
      }
      hint={
        key !== undefined && (
          <Group gap="xs">
            <Text span inherit ff="monospace">
              {key.key_prefix}…
            </Text>
            <KeyBadge value={key} />
            {key.built_in && (
              <Badge variant="outline" color="gray" tt="none">
                built in, for the administrator’s playground
              </Badge>
            )}
          </Group>
        )
      }
      actions={
        key !== undefined && (
          <>
            <RangePicker range={range} onChange={setRange} />
            <Group gap="xs" wrap="nowrap">
              <Button
                variant="default"
                leftSection={<Pencil size={16} aria-hidden />}
                onClick={() => setEditing(true)}
              >
                Edit
              </Button>
              <KeyMenu value={key} onDeleted={() => void navigate('/keys', { replace: true })} />
            </Group>
          </>
        )
      }
    >
      <ErrorNote error={error} onRetry={() => void refetch()} />
      {error === null && (
        <>
          <SimpleGrid cols={{ base: 1, lg: 2 }}>
            <Section title="What it may do">
              {key === undefined ? <Skeleton height={280} /> : <Rights value={key} />}
            </Section>
            <KeyUsage id={id} />
          </SimpleGrid>
          <Section
            title="Recent calls"
            actions={
              <Anchor component={Link} to={`/requests?key=${encodeURIComponent(id)}`} size="sm">
                All of them
              </Anchor>
            }
          >
            <RecentCalls keyId={id} />
          </Section>
          <Section title="Changes to this key">
            <Changes filter={{ kind: 'key', id }} />
          </Section>
        </>
      )}
      {editing && <EditKey id={id} onClose={() => setEditing(false)} />}
    </Page>
  );
}

function Rights({ value }: { value: Key }) {
  const limit = (amount: number | null) => (amount === null ? 'no limit' : number(amount));
  return (
    <Facts
      facts={{
        Quota: (
          <QuotaBar
            used={value.used_tokens}
            reserved={value.reserved_tokens}
            limit={value.quota_tokens}
            period={value.quota_period}
          />
        ),
        'Quota resets': <TimeAgo time={value.quota_resets_at} full />,
        'Requests per minute':
          limit(value.rpm) + (value.burst === null ? '' : `, up to ${number(value.burst)} at once`),
        'Tokens per minute': limit(value.tpm),
        'Calls at once': limit(value.max_concurrent),
        Models: value.allowed_models?.join(', ') ?? 'all',
        'Default model': value.default_model ?? 'none',
        'Allowed addresses': value.allowed_ips?.join(', ') ?? 'anywhere',
        Tier: value.tier,
        Expires: <TimeAgo time={value.expires_at} full />,
        'Old secret works until':
          value.old_works_until === null ? undefined : <TimeAgo time={value.old_works_until} full />,
        'Last used': <TimeAgo time={value.last_used_at} full />,
        Created: <TimeAgo time={value.created_at} full />,
        Note: value.note === null ? undefined : <span className="breakable">{value.note}</span>,
        Id: (
          <Text span inherit ff="monospace">
            {value.id}
          </Text>
        ),
      }}
    />
  );
}

function KeyUsage({ id }: { id: string }) {
  const [range] = useRange('7d');
  const { data, error } = useQuery({
    queryKey: ['usage', 'key', id, range],
    queryFn: ({ signal }) =>
      result(api.GET('/usage', { params: { query: { ...rangeQuery(range), key: id } }, signal })),
  });
  const { data: byModel } = useQuery({
    queryKey: ['usage', 'key', id, range, 'model'],
    queryFn: ({ signal }) =>
      result(
        api.GET('/usage', {
          params: { query: { ...rangeQuery(range), key: id, group_by: 'model' } },
          signal,
        }),
      ),
  });
  return (
    <Section title="Usage">
      <ErrorNote error={error} />
      <SeriesChart
        label="Tokens of this key over time"
        points={data?.series}
        interval={data?.interval ?? 'day'}
        timeZone={data?.time_zone ?? 'UTC'}
        series={TOKENS}
      />
      {byModel?.groups.length === 0 ? (
        <Empty title="No calls in this range" />
      ) : (
        <Table aria-label="Top models" mt="sm" layout="fixed">
          <Table.Thead>
            <Table.Tr>
              <Table.Th>Model</Table.Th>
              <Table.Th ta="right" w={90}>
                Requests
              </Table.Th>
              <Table.Th ta="right" w={90}>
                Tokens
              </Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {byModel?.groups.slice(0, 5).map((group) => (
              <Table.Tr key={group.group}>
                <Table.Td>
                  <span className="name">{group.name}</span>
                </Table.Td>
                <Table.Td ta="right">{number(group.requests)}</Table.Td>
                <Table.Td ta="right">{compact(group.total_tokens)}</Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      )}
    </Section>
  );
}
