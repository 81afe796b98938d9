import { Alert, Anchor, Badge, Button, Group, Modal, SimpleGrid, Skeleton, Text } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { RefreshCw } from 'lucide-react';
import { useState } from 'react';
import { Link } from 'react-router';
import { Empty } from '../../components/Empty';
import { ErrorNote } from '../../components/ErrorNote';
import { Facts } from '../../components/Facts';
import { Page } from '../../components/Page';
import { QuotaBar } from '../../components/QuotaBar';
import { useMe, useMyModels } from '../../components/queries';
import { RangePicker, useRange } from '../../components/RangePicker';
import { RecentCalls } from '../../components/RecentCalls';
import { RotateForm } from '../../components/RotateForm';
import { Secret, SHOWN_ONCE } from '../../components/Secret';
import { Section } from '../../components/Section';
import { SeriesChart } from '../../components/SeriesChart';
import { Snippets } from '../../components/Snippets';
import { Stat } from '../../components/Stat';
import { TimeAgo } from '../../components/TimeAgo';
import { api, result, type Allowance, type Me } from '../../lib/api';
import { absolute, compact, number } from '../../lib/format';
import { rangeQuery } from '../../lib/range';
import { TOKENS } from '../../lib/series';

/** What a key's holder sees first: what is left, and how to call. */
export default function HomePage() {
  const { data: me, error, refetch } = useMe();
  const models = useMyModels();
  const [rotating, setRotating] = useState(false);
  return (
    <Page
      title={me?.name ?? 'Your key'}
      hint={
        me !== undefined && (
          <Text span inherit ff="monospace">
            {me.key_prefix}…
          </Text>
        )
      }
      actions={
        <Button
          variant="default"
          leftSection={<RefreshCw size={16} aria-hidden />}
          onClick={() => setRotating(true)}
          disabled={me === undefined}
        >
          Rotate the key
        </Button>
      }
    >
      <ErrorNote error={error} onRetry={() => void refetch()} />
      {me?.old_works_until != null && (
        <Alert color="orange" title="The secret before the last rotation still works">
          Until <TimeAgo time={me.old_works_until} full />
        </Alert>
      )}
      <SimpleGrid cols={{ base: 1, xs: 2, md: 4 }} spacing="sm">
        <Left label="Tokens left" me={me} of={(of) => of.quota} />
        <Left label="Requests left this minute" me={me} of={(of) => of.requests_per_minute} />
        <Left label="Tokens left this minute" me={me} of={(of) => of.tokens_per_minute} />
        <Stat
          label="Calls under way"
          value={me && number(me.running)}
          hint={me && (me.max_concurrent === null ? 'no limit' : `of ${number(me.max_concurrent)} at once`)}
        />
      </SimpleGrid>
      <SimpleGrid cols={{ base: 1, lg: 2 }}>
        <Section title="Your limits">
          {me === undefined ? <Skeleton height={200} /> : <Limits me={me} />}
        </Section>
        <OwnUsage />
      </SimpleGrid>
      <Section title="Models you may use">
        {models.data?.length === 0 ? (
          <Empty title="None">Ask the administrator of this gateway for one.</Empty>
        ) : (
          <Group gap={6} mih={28}>
            {models.data?.map((name) => (
              <Badge key={name} variant="default" tt="none" fw={500} maw="100%">
                {name}
              </Badge>
            ))}
          </Group>
        )}
      </Section>
      <Section title="Call it">
        <Text size="sm" c="dimmed" mb="xs">
          In place of YOUR_KEY comes the key’s secret. Nobody can show it again: if it is lost, rotate the
          key.
        </Text>
        <Snippets apiKey="YOUR_KEY" model={me?.default_model ?? models.data?.[0] ?? 'MODEL'} />
      </Section>
      <Section
        title="Recent calls"
        actions={
          <Anchor component={Link} to="/requests" size="sm">
            All of them
          </Anchor>
        }
      >
        <RecentCalls />
      </Section>
      {rotating && <Rotate model={models.data?.[0] ?? 'MODEL'} onClose={() => setRotating(false)} />}
    </Page>
  );
}

function Left({ label, me, of }: { label: string; me: Me | undefined; of: (me: Me) => Allowance }) {
  if (me === undefined) return <Stat label={label} value={undefined} />;
  const allowance = of(me);
  if (allowance === null) return <Stat label={label} value="no limit" />;
  return (
    <Stat
      label={label}
      value={compact(allowance.remaining)}
      hint={
        <>
          of {compact(allowance.limit)}
          {allowance.resets_at !== null && allowance.remaining < allowance.limit && (
            <>
              , full <TimeAgo time={allowance.resets_at} />
            </>
          )}
        </>
      }
    />
  );
}

function Limits({ me }: { me: Me }) {
  const limit = (allowance: Allowance) => (allowance === null ? 'no limit' : number(allowance.limit));
  return (
    <Facts
      facts={{
        Quota:
          me.quota === null ? (
            'no limit'
          ) : (
            <QuotaBar
              used={me.quota.limit - me.quota.remaining}
              limit={me.quota.limit}
              period={me.quota_period}
            />
          ),
        'Quota resets': <TimeAgo time={me.quota?.resets_at ?? null} full />,
        'Requests per minute': limit(me.requests_per_minute),
        'Tokens per minute': limit(me.tokens_per_minute),
        'Calls at once': me.max_concurrent === null ? 'no limit' : number(me.max_concurrent),
        Models: me.allowed_models?.join(', ') ?? 'all',
        'Default model': me.default_model ?? 'none',
        Expires: <TimeAgo time={me.expires_at} full />,
      }}
    />
  );
}

function OwnUsage() {
  const [range, setRange] = useRange('7d');
  const { data, error } = useQuery({
    queryKey: ['usage', 'own', range],
    queryFn: ({ signal }) => result(api.GET('/usage', { params: { query: rangeQuery(range) }, signal })),
  });
  return (
    <Section title="Your usage" actions={<RangePicker range={range} onChange={setRange} />}>
      <ErrorNote error={error} />
      <SeriesChart
        label="Your tokens over time"
        points={data?.series}
        interval={data?.interval ?? 'day'}
        timeZone={data?.time_zone ?? 'UTC'}
        series={TOKENS}
      />
    </Section>
  );
}

function Rotate({ model, onClose }: { model: string; onClose: () => void }) {
  const queries = useQueryClient();
  const rotate = useMutation({
    mutationFn: (grace: string) => result(api.POST('/me/rotate', { body: { grace } })),
    onSuccess: () => queries.invalidateQueries({ queryKey: ['me'] }),
  });
  return (
    <Modal
      opened
      onClose={onClose}
      title="Rotate your key"
      {...(rotate.isIdle || rotate.isError ? { closeOnClickOutside: false } : SHOWN_ONCE)}
    >
      {rotate.data === undefined ? (
        <RotateForm
          error={rotate.error}
          pending={rotate.isPending}
          onRotate={rotate.mutate}
          onClose={onClose}
        />
      ) : (
        <Secret
          secret={rotate.data.key}
          model={model}
          hint={
            rotate.data.old_works_until === null
              ? 'The old one does not work any more.'
              : `The old one works until ${absolute(rotate.data.old_works_until)}.`
          }
          onClose={onClose}
        />
      )}
    </Modal>
  );
}
