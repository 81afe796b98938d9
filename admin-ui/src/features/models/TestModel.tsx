import { Group, Modal, Paper, Skeleton, Stack, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { ErrorNote } from '../../components/ErrorNote';
import { HealthBadge } from '../../components/StatusBadge';
import { api, result, type Model } from '../../lib/api';
import { duration } from '../../lib/format';

/** Asks each target whether it is there; costs no tokens. */
export function TestModel({ value, onClose }: { value: Model; onClose: () => void }) {
  const { data, error, refetch } = useQuery({
    queryKey: ['models', value.id, 'test'],
    queryFn: async () =>
      (await result(api.POST('/models/{id}/test', { params: { path: { id: value.id } } }))).data,
    gcTime: 0,
    staleTime: Infinity,
    retry: false,
  });
  return (
    <Modal opened onClose={onClose} title={<span className="name">Test of “{value.name}”</span>}>
      <Stack>
        <Text size="sm" c="dimmed">
          Each target was asked whether it is there, and whether it has this model. That costs no tokens.
        </Text>
        <ErrorNote error={error} title="The test could not be made" onRetry={() => void refetch()} />
        {data === undefined && error === null && <Skeleton height={100} />}
        {data?.map((finding, index) => (
          <Paper key={index} withBorder p="sm" radius="md">
            <Group justify="space-between" gap="xs">
              <Text fw={600} size="sm" className="breakable">
                {[finding.backend, finding.base_url].filter(Boolean).join(' at ')}
              </Text>
              <HealthBadge health={finding.health} />
            </Group>
            <Text size="sm" className="breakable">
              {finding.reason} ({duration(finding.latency_ms)})
            </Text>
            <Text
              size="sm"
              c={finding.offered === false ? 'var(--mantine-color-error)' : 'dimmed'}
              className="breakable"
            >
              {offer(finding.offered, finding.upstream_model)}
            </Text>
          </Paper>
        ))}
      </Stack>
    </Modal>
  );
}

function offer(offered: boolean | null, name: string): string {
  if (offered === null) return 'It gave no list of its models.';
  return offered ? `It has ${name}.` : `It has no ${name}.`;
}
