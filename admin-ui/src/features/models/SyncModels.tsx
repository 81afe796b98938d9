import { Alert, Badge, Button, Group, Modal, Paper, Skeleton, Stack, Text } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Empty } from '../../components/Empty';
import { ErrorNote } from '../../components/ErrorNote';
import { api, result } from '../../lib/api';
import { counted, number } from '../../lib/format';
import type { paths } from '../../generated/api';

type Sync = paths['/models/sync']['post']['responses']['200']['content']['application/json'];
type Found = Sync['data'][number];

const sync = (dryRun: boolean) =>
  result(api.POST('/models/sync', { params: { query: { dry_run: dryRun } } }));

/** Takes over what the backends offer, after showing what that would change. */
export function SyncModels({ onClose }: { onClose: () => void }) {
  const queries = useQueryClient();
  const preview = useQuery({
    queryKey: ['sync preview'],
    queryFn: () => sync(true),
    gcTime: 0,
    staleTime: Infinity,
    retry: false,
  });
  const apply = useMutation({
    mutationFn: () => sync(false),
    onSuccess: () =>
      Promise.all([
        queries.invalidateQueries({ queryKey: ['models'] }),
        queries.invalidateQueries({ queryKey: ['me', 'models'] }),
        queries.invalidateQueries({ queryKey: ['backends'] }),
      ]),
  });
  const shown = apply.data ?? preview.data;
  const changes = shown?.data.reduce(
    (sum, { added, removed, changed }) => sum + added.length + removed.length + changed.length,
    0,
  );
  const done = apply.data !== undefined;
  return (
    <Modal opened onClose={onClose} title="Sync models with the backends" size="xl">
      <Stack>
        <Text size="sm" c="dimmed">
          {done
            ? 'This was done:'
            : 'This is what would change. Models made by hand are never touched, and a backend that fails changes nothing.'}
        </Text>
        <ErrorNote
          error={preview.error}
          title="The backends could not be asked"
          onRetry={() => void preview.refetch()}
        />
        {preview.isPending && <Skeleton height={160} />}
        {shown?.data.length === 0 && (
          <Empty title="No backend has an address">
            Set one, e.g. <code>adapters.ollama.base-url</code>, or add a model by hand.
          </Empty>
        )}
        {shown?.data.map((found) => (
          <Engine key={`${found.backend} ${found.base_url ?? ''}`} found={found} done={done} />
        ))}
        <ErrorNote error={apply.error} title="Nothing was changed" />
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={onClose}>
            {done ? 'Close' : 'Cancel'}
          </Button>
          {!done && (
            <Button
              disabled={changes === undefined || changes === 0}
              loading={apply.isPending}
              onClick={() => apply.mutate()}
            >
              {changes === 0
                ? 'Nothing to change'
                : changes === undefined
                  ? 'Apply'
                  : `Apply ${counted(changes, 'change')}`}
            </Button>
          )}
        </Group>
      </Stack>
    </Modal>
  );
}

function Engine({ found, done }: { found: Found; done: boolean }) {
  return (
    <Paper withBorder p="sm" radius="md">
      <Text fw={600} size="sm" className="breakable">
        {[found.backend, found.base_url].filter(Boolean).join(' at ')}
      </Text>
      {found.error === null ? (
        <Stack gap={6} mt={6}>
          <Names what={done ? 'Added' : 'To add'} names={found.added} color="green" />
          <Names what={done ? 'Changed' : 'To change'} names={found.changed} color="blue" />
          <Names what={done ? 'Removed' : 'To remove'} names={found.removed} color="red" />
          <Text size="xs" c="dimmed">
            {number(found.unchanged)} unchanged
          </Text>
        </Stack>
      ) : (
        <Alert color="red" mt="xs" p="xs">
          <Text size="sm" className="breakable">
            {found.error}
          </Text>
        </Alert>
      )}
    </Paper>
  );
}

function Names({ what, names, color }: { what: string; names: string[]; color: string }) {
  if (names.length === 0) return null;
  return (
    <Group gap={6} role="group" aria-label={what}>
      <Text size="xs" w={70}>
        {what}
      </Text>
      {names.map((name) => (
        <Badge key={name} color={color} variant="light" tt="none" maw="100%">
          {name}
        </Badge>
      ))}
    </Group>
  );
}
