import { Anchor, Badge, Box, Group, Stack, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link } from 'react-router';
import { DataTable, type Column } from '../../components/DataTable';
import { Empty } from '../../components/Empty';
import { ErrorNote } from '../../components/ErrorNote';
import { Facts } from '../../components/Facts';
import { Page } from '../../components/Page';
import { usePolling } from '../../components/usePolling';
import { Section } from '../../components/Section';
import { HealthBadge } from '../../components/StatusBadge';
import { TimeAgo } from '../../components/TimeAgo';
import { api, result, type Backend } from '../../lib/api';
import { duration, number, percent } from '../../lib/format';

type Target = Backend['targets'][number];

export default function BackendsPage() {
  const refetchInterval = usePolling(5_000);
  const { data, error, refetch } = useQuery({
    queryKey: ['backends'],
    queryFn: async () => (await result(api.GET('/backends'))).data,
    refetchInterval,
  });
  return (
    <Page title="Backends" hint="Each engine that models stand on, and how it is; looked at every 5 seconds.">
      <ErrorNote error={error} onRetry={() => void refetch()} />
      {data?.length === 0 && (
        <Empty title="No model stands on a backend yet">
          Add a model, or take over what your backends offer, under{' '}
          <Anchor component={Link} to="/models" inherit>
            Models
          </Anchor>
          .
        </Empty>
      )}
      <Stack>
        {data?.map((backend) => (
          <Engine key={`${backend.backend} ${backend.base_url ?? ''}`} backend={backend} />
        ))}
      </Stack>
    </Page>
  );
}

function Engine({ backend }: { backend: Backend }) {
  return (
    <Section
      title={[backend.backend, backend.base_url].filter(Boolean).join(' at ')}
      actions={<HealthBadge health={backend.health} />}
    >
      <Facts
        facts={{
          Reason: backend.reason,
          'Last looked at': <TimeAgo time={backend.checked_at} never="not yet" />,
          'Answered within': backend.checked_at === null ? '–' : duration(backend.latency_ms),
          Calls: (
            <Group gap="xs">
              {number(backend.running)} running
              {backend.max_concurrent !== null && ` of ${number(backend.max_concurrent)}`}
              {backend.waiting > 0 ? (
                <Badge color="orange" variant="light" tt="none">
                  {number(backend.waiting)} waiting
                </Badge>
              ) : (
                ', none waiting'
              )}
            </Group>
          ),
        }}
      />
      <Box mt="sm">
        <DataTable
          label={`Models on ${backend.backend}`}
          columns={COLUMNS}
          rows={backend.targets}
          rowId={(target) => `${target.model} ${target.target}`}
          empty={<Empty title="No model stands on it" />}
        />
      </Box>
    </Section>
  );
}

const BREAKERS: Record<Target['breaker'], { color: string; text: string }> = {
  closed: { color: 'green', text: 'closed' },
  half_open: { color: 'yellow', text: 'half open' },
  open: { color: 'red', text: 'open' },
};

const COLUMNS: readonly Column<Target>[] = [
  { name: 'Model', cell: (target) => <span className="name">{target.model}</span> },
  { name: 'There called', cell: (target) => <span className="name">{target.upstream_model}</span> },
  {
    name: 'Breaker',
    cell: (target) => (
      <>
        <Badge color={BREAKERS[target.breaker].color} variant="light" tt="none">
          {BREAKERS[target.breaker].text}
        </Badge>
        {target.breaker === 'open' && (
          <Text size="xs" c="dimmed">
            tried again in {duration(target.next_trial_ms)}
          </Text>
        )}
      </>
    ),
  },
  { name: 'Priority', align: 'right', cell: (target) => number(target.priority) },
  { name: 'Weight', align: 'right', cell: (target) => number(target.weight) },
  { name: 'Attempts', align: 'right', cell: (target) => number(target.attempts) },
  {
    name: 'Failed',
    align: 'right',
    cell: (target) => `${number(target.failures)} (${percent(target.failures, target.attempts)})`,
  },
  {
    name: 'Last failure',
    cell: (target) => <span className="name">{target.last_failure ?? 'none'}</span>,
  },
];
