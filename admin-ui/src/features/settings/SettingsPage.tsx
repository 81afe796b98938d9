import {
  Alert,
  Badge,
  Button,
  Checkbox,
  Code,
  Group,
  List,
  Modal,
  Paper,
  Stack,
  Text,
  TextInput,
} from '@mantine/core';
import { useMutation, useQuery } from '@tanstack/react-query';
import { Search } from 'lucide-react';
import { useState } from 'react';
import { CopyButton } from '../../components/CopyButton';
import { DataTable, type Column } from '../../components/DataTable';
import { Empty } from '../../components/Empty';
import { ErrorNote } from '../../components/ErrorNote';
import { Facts } from '../../components/Facts';
import { Page } from '../../components/Page';
import { SHOWN_ONCE } from '../../components/Secret';
import { Section } from '../../components/Section';
import { TimeAgo } from '../../components/TimeAgo';
import { useFilters } from '../../components/useFilters';
import { api, result } from '../../lib/api';
import { useSession } from '../../lib/session';
import type { paths } from '../../generated/api';

type Settings = paths['/settings']['get']['responses']['200']['content']['application/json'];
type Setting = Settings['data'][number];

export default function SettingsPage() {
  const [filters, setFilters] = useFilters(['q', 'changed']);
  const { data, error, refetch } = useQuery({
    queryKey: ['settings'],
    queryFn: () => result(api.GET('/settings')),
  });
  const wanted = filters.q.toLowerCase();
  const rows = data?.data.filter(
    (setting) =>
      (filters.changed === '' || setting.origin !== 'default') &&
      [setting.key, setting.value, setting.origin].some((text) => text?.toLowerCase().includes(wanted)),
  );
  return (
    <Page
      title="Settings"
      hint="What is in force, and who says so. To change something, change the file or the environment."
    >
      <ErrorNote error={error} onRetry={() => void refetch()} />
      {data !== undefined && <Reload settings={data} />}
      <AdminKey />
      <Group gap="md" role="search">
        <TextInput
          aria-label="Search settings"
          placeholder="Name, value or origin"
          leftSection={<Search size={16} aria-hidden />}
          flex="1 1 220px"
          value={filters.q}
          onChange={(event) => setFilters({ q: event.currentTarget.value })}
        />
        <Checkbox
          label="Only what is not the default"
          checked={filters.changed !== ''}
          onChange={(event) => setFilters({ changed: event.currentTarget.checked ? 'yes' : '' })}
        />
      </Group>
      <Paper withBorder radius="md" p="xs">
        <DataTable
          label="Settings"
          columns={COLUMNS}
          rows={rows}
          rowId={(setting) => setting.key}
          empty={<Empty title="No setting is like that" />}
        />
      </Paper>
    </Page>
  );
}

function Reload({ settings }: { settings: Settings }) {
  const pending = settings.data.filter((setting) => setting.pending !== undefined);
  return (
    <>
      {settings.faults.length > 0 && (
        <Alert
          color="red"
          title="The last change of the file was not taken: the settings before it are in force"
        >
          <List size="sm">
            {settings.faults.map((fault) => (
              <List.Item key={fault} className="breakable">
                {fault}
              </List.Item>
            ))}
          </List>
        </Alert>
      )}
      {pending.length > 0 && (
        <Alert color="orange" title="Some changes wait for a restart">
          {pending.map(({ key }) => key).join(', ')}
        </Alert>
      )}
      <Paper withBorder radius="md" p="md">
        <Facts
          facts={{
            File: settings.file ?? 'none: defaults and the environment',
            'Read at': <TimeAgo time={settings.loaded_at} full />,
          }}
        />
      </Paper>
    </>
  );
}

const COLUMNS: readonly Column<Setting>[] = [
  {
    name: 'Setting',
    cell: (setting) => (
      <Text size="sm" ff="monospace" className="breakable">
        {setting.key}
      </Text>
    ),
  },
  {
    name: 'Value',
    cell: (setting) => (
      <>
        <Text
          size="sm"
          ff="monospace"
          className="breakable"
          fw={setting.origin === 'default' ? undefined : 600}
        >
          {setting.value ?? '–'}
        </Text>
        {setting.pending !== undefined && (
          <Badge color="orange" variant="light" tt="none">
            after restart: {setting.pending ?? '–'}
          </Badge>
        )}
      </>
    ),
  },
  { name: 'Comes from', cell: (setting) => <span className="breakable">{setting.origin}</span> },
  {
    name: 'Default',
    cell: (setting) => (
      <Text size="sm" ff="monospace" c="dimmed" className="breakable">
        {setting.default ?? '–'}
      </Text>
    ),
  },
  { name: 'Changes apply', cell: (setting) => <span className="nowrap">{setting.applies}</span> },
];

function AdminKey() {
  const { admin_key_rotatable: rotatable } = useSession();
  const [open, setOpen] = useState(false);
  return (
    <Section
      title="Admin key"
      actions={
        rotatable && (
          <Button size="xs" variant="default" onClick={() => setOpen(true)}>
            Rotate the admin key
          </Button>
        )
      }
    >
      <Text size="sm" c="dimmed">
        {rotatable
          ? 'The gateway keeps it in the file admin-key in its data folder.'
          : 'MG_ADMIN_API_KEY says what it is: change it there and restart.'}
      </Text>
      {open && <RotateAdminKey onClose={() => setOpen(false)} />}
    </Section>
  );
}

function RotateAdminKey({ onClose }: { onClose: () => void }) {
  const rotate = useMutation({ mutationFn: () => result(api.POST('/admin-key/rotate')) });
  return (
    <Modal
      opened
      onClose={onClose}
      title="Rotate the admin key"
      {...(rotate.isIdle || rotate.isError ? { closeOnClickOutside: false } : SHOWN_ONCE)}
      centered
    >
      <Stack>
        {rotate.data === undefined ? (
          <>
            <Text size="sm">
              The old admin key ends at once, and with it all sessions of administrators but this one. Scripts
              and scrapers that use it need the new one.
            </Text>
            <ErrorNote error={rotate.error} title="The admin key was not rotated" />
            <Group justify="flex-end" gap="xs">
              <Button variant="default" onClick={onClose} data-autofocus>
                Cancel
              </Button>
              <Button color="red" loading={rotate.isPending} onClick={() => rotate.mutate()}>
                Rotate
              </Button>
            </Group>
          </>
        ) : (
          <>
            <Alert color="orange" title="Copy the new admin key now">
              It is shown this once. It is also in the file admin-key in the data folder.
            </Alert>
            <Code fz="sm" p="xs" className="breakable">
              {rotate.data.key}
            </Code>
            <Group justify="flex-end" gap="xs">
              <CopyButton value={rotate.data.key} what="the admin key" wide />
              <Button variant="default" onClick={onClose}>
                Done
              </Button>
            </Group>
          </>
        )}
      </Stack>
    </Modal>
  );
}
