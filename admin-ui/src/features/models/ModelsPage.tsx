import {
  ActionIcon,
  Anchor,
  Badge,
  Button,
  Group,
  Menu,
  Paper,
  Switch,
  Text,
  TextInput,
} from '@mantine/core';
import { toast } from '../../lib/toasts';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Ellipsis, Pencil, Plus, RefreshCcw, Search, Stethoscope, Trash2 } from 'lucide-react';
import { useState } from 'react';
import { Confirm } from '../../components/Confirm';
import { DataTable, type Column } from '../../components/DataTable';
import { Empty } from '../../components/Empty';
import { ErrorNote } from '../../components/ErrorNote';
import { Page } from '../../components/Page';
import { TimeAgo } from '../../components/TimeAgo';
import { useFilters } from '../../components/useFilters';
import { api, result, type Model } from '../../lib/api';
import { EditModel } from './EditModel';
import { SyncModels } from './SyncModels';
import { TestModel } from './TestModel';

type Open = { what: 'new' | 'sync' } | { what: 'edit' | 'test' | 'delete'; model: Model };

export default function ModelsPage() {
  const [filters, setFilters] = useFilters(['q']);
  const [open, setOpen] = useState<Open | null>(null);
  const close = () => setOpen(null);
  const { data, error, refetch } = useQuery({
    queryKey: ['models'],
    queryFn: async () => (await result(api.GET('/models'))).data,
  });
  const wanted = filters.q.toLowerCase();
  const rows = data?.filter((model) => model.name.toLowerCase().includes(wanted));
  const names = data?.map(({ name }) => name) ?? [];
  const sync = (
    <Button
      variant="default"
      leftSection={<RefreshCcw size={16} aria-hidden />}
      onClick={() => setOpen({ what: 'sync' })}
    >
      Sync
    </Button>
  );
  const add = (
    <Button leftSection={<Plus size={16} aria-hidden />} onClick={() => setOpen({ what: 'new' })}>
      New model
    </Button>
  );
  return (
    <Page
      title="Models"
      hint="What clients call, and where it goes"
      actions={
        <>
          {sync}
          {add}
        </>
      }
    >
      <TextInput
        aria-label="Search models"
        placeholder="Name"
        leftSection={<Search size={16} aria-hidden />}
        maw={360}
        value={filters.q}
        onChange={(event) => setFilters({ q: event.currentTarget.value })}
      />
      <ErrorNote error={error} onRetry={() => void refetch()} />
      <Paper withBorder radius="md" p="xs">
        <DataTable
          label="Models"
          columns={columns(setOpen)}
          rows={rows}
          rowId={(model) => model.id}
          minWidth={860}
          empty={
            data?.length === 0 ? (
              <Empty
                title="There are no models yet"
                action={
                  <Group gap="xs">
                    {sync}
                    {add}
                  </Group>
                }
              >
                Take over what your backends offer, or add one by hand.
              </Empty>
            ) : (
              <Empty title="No model is called like that" />
            )
          }
        />
      </Paper>
      {open?.what === 'new' && <EditModel id={null} names={names} onClose={close} />}
      {open?.what === 'edit' && <EditModel id={open.model.id} names={names} onClose={close} />}
      {open?.what === 'sync' && <SyncModels onClose={close} />}
      {open?.what === 'test' && <TestModel value={open.model} onClose={close} />}
      {open?.what === 'delete' && <DeleteModel value={open.model} onClose={close} />}
    </Page>
  );
}

const columns = (open: (open: Open) => void): readonly Column<Model>[] => [
  {
    name: 'Name',
    cell: (model) => (
      <>
        <Anchor
          component="button"
          fz="sm"
          fw={500}
          ta="left"
          className="name"
          onClick={() => open({ what: 'edit', model })}
        >
          {model.name}
        </Anchor>
        <Text size="xs" c="dimmed">
          {model.source === 'sync' ? 'from a sync' : 'made by hand'}
        </Text>
      </>
    ),
  },
  { name: 'Enabled', cell: (model) => <Enabled value={model} /> },
  {
    name: 'Targets',
    cell: (model) =>
      model.targets.map((target, index) => (
        <Group key={index} gap={6} wrap="nowrap">
          <Badge variant="default" tt="none" fw={500} style={{ flex: 'none' }}>
            {target.backend}
          </Badge>
          <Text size="xs" c="dimmed" className="name">
            {[target.base_url, target.upstream_model].filter(Boolean).join(' · ') || 'as set for this kind'}
          </Text>
        </Group>
      )),
  },
  {
    name: 'Fallbacks',
    cell: (model) => (
      <Text size="sm" c={model.fallback_models.length === 0 ? 'dimmed' : undefined} className="name">
        {model.fallback_models.length === 0 ? 'none' : model.fallback_models.join(' → ')}
      </Text>
    ),
  },
  { name: 'Changed', cell: (model) => <TimeAgo time={model.updated_at} /> },
  {
    name: 'Actions',
    align: 'right',
    cell: (model) => (
      <Menu position="bottom-end" withArrow>
        <Menu.Target>
          <ActionIcon variant="subtle" color="gray" aria-label={`Actions for ${model.name.slice(0, 80)}`}>
            <Ellipsis size={18} aria-hidden />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item
            leftSection={<Pencil size={16} aria-hidden />}
            onClick={() => open({ what: 'edit', model })}
          >
            Edit
          </Menu.Item>
          <Menu.Item
            leftSection={<Stethoscope size={16} aria-hidden />}
            onClick={() => open({ what: 'test', model })}
          >
            Test
          </Menu.Item>
          <Menu.Item
            color="red"
            leftSection={<Trash2 size={16} aria-hidden />}
            onClick={() => open({ what: 'delete', model })}
          >
            Delete
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
    ),
  },
];

function Enabled({ value }: { value: Model }) {
  const change = useModelChange(
    () =>
      result(
        api.PATCH('/models/{id}', { params: { path: { id: value.id } }, body: { enabled: !value.enabled } }),
      ),
    value.enabled ? 'The model is disabled' : 'The model is enabled',
  );
  return (
    <Switch
      aria-label={`${value.name.slice(0, 80)} is enabled`}
      checked={value.enabled}
      disabled={change.isPending}
      onChange={() => change.mutate()}
    />
  );
}

function DeleteModel({ value, onClose }: { value: Model; onClose: () => void }) {
  const remove = useModelChange(
    () => result(api.DELETE('/models/{id}', { params: { path: { id: value.id } } })),
    'The model was deleted',
    onClose,
  );
  return (
    <Confirm
      title="Delete model"
      action="Delete"
      error={remove.error}
      pending={remove.isPending}
      onConfirm={remove.mutate}
      onClose={onClose}
    >
      Delete <strong>{value.name}</strong>? Calls for it are refused from now on; what was used stays counted.
      {value.source === 'sync' &&
        ' The next sync adds it again when a backend still offers it: to keep it away, disable it.'}
    </Confirm>
  );
}

function useModelChange(change: () => Promise<unknown>, done: string, onDone?: () => void) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: change,
    onSuccess: async () => {
      toast(done);
      onDone?.();
      await Promise.all([
        queries.invalidateQueries({ queryKey: ['models'] }),
        queries.invalidateQueries({ queryKey: ['me', 'models'] }),
      ]);
    },
    onError: (error) => toast('Nothing was changed', error.message),
  });
}
