import { Anchor, Paper, Select, Text } from '@mantine/core';
import { Link } from 'react-router';
import { Changes } from '../../components/Changes';
import { Page } from '../../components/Page';
import { RangePicker, useRange } from '../../components/RangePicker';
import { useFilters } from '../../components/useFilters';
import type { Change } from '../../lib/api';
import { words } from '../../lib/format';

const KINDS = ['key', 'model', 'admin_key'] as const;

export default function AuditPage() {
  const [range, setRange] = useRange('30d');
  const [filters, setFilters] = useFilters(['kind']);
  return (
    <Page
      title="Audit"
      hint="Who changed what; secrets are never among it."
      actions={
        <>
          <Select
            aria-label="Kind"
            placeholder="All kinds"
            clearable
            w={150}
            data={KINDS.map((kind) => ({ value: kind, label: `${words(kind)}s` }))}
            value={filters.kind || null}
            onChange={(kind) => setFilters({ kind: kind ?? '' })}
          />
          <RangePicker range={range} onChange={setRange} />
        </>
      }
    >
      <Paper withBorder radius="md" p="xs">
        <Changes
          filter={{ kind: KINDS.find((kind) => kind === filters.kind) }}
          range={range}
          object={subject}
        />
      </Paper>
    </Page>
  );
}

function subject(change: Change) {
  const name = change.object_name ?? change.object_id ?? words(change.kind);
  return (
    <>
      {change.kind === 'key' && change.object_id !== null && change.action !== 'delete' ? (
        <Anchor
          component={Link}
          to={`/keys/${encodeURIComponent(change.object_id)}`}
          size="sm"
          className="name"
        >
          {name}
        </Anchor>
      ) : (
        <span className="name">{name}</span>
      )}
      <Text size="xs" c="dimmed">
        {words(change.kind)}
      </Text>
    </>
  );
}
