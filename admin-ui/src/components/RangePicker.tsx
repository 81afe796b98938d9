import { Autocomplete, Button, Group, Popover, Select, Stack, TextInput } from '@mantine/core';
import { useState } from 'react';
import { useSearchParams } from 'react-router';
import {
  dateIn,
  localTimeZone,
  PRESET_LABELS,
  PRESETS,
  readRange,
  writeRange,
  type Preset,
  type Range,
} from '../lib/range';

/** The range in the page's address, and how to change it. */
export function useRange(fallback?: Preset): [Range, (range: Range) => void] {
  const [parameters, setParameters] = useSearchParams();
  return [readRange(parameters, fallback), (range) => setParameters((current) => writeRange(current, range))];
}

interface Props {
  range: Range;
  onChange: (range: Range) => void;
}

export function RangePicker({ range, onChange }: Props) {
  const [open, setOpen] = useState(false);
  return (
    <Group gap="xs">
      <Select
        aria-label="Range of time"
        w={160}
        allowDeselect={false}
        data={[
          ...PRESETS.map((preset) => ({ value: preset, label: PRESET_LABELS[preset] })),
          { value: 'own', label: 'Own range' },
        ]}
        value={range.preset ?? 'own'}
        onChange={(value) => {
          const preset = PRESETS.find((one) => one === value);
          if (preset === undefined) setOpen(true);
          else onChange({ ...range, preset, from: null, to: null });
        }}
      />
      <Popover opened={open} onChange={setOpen} position="bottom-end" withArrow shadow="md" trapFocus>
        <Popover.Target>
          <Button variant="default" onClick={() => setOpen(!open)} aria-expanded={open}>
            {range.preset === null ? `${range.from ?? '…'} to ${range.to ?? 'now'}` : 'Dates'}
          </Button>
        </Popover.Target>
        <Popover.Dropdown>
          <OwnRange
            range={range}
            onChange={(next) => {
              onChange(next);
              setOpen(false);
            }}
          />
        </Popover.Dropdown>
      </Popover>
    </Group>
  );
}

function OwnRange({ range, onChange }: Props) {
  const today = dateIn(range.timeZone);
  const [from, setFrom] = useState(range.from?.slice(0, 10) ?? today);
  const [to, setTo] = useState(range.to?.slice(0, 10) ?? today);
  const [timeZone, setTimeZone] = useState(range.timeZone);
  const backwards = from !== '' && to !== '' && from > to;
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        onChange({ preset: null, from, to: to === '' ? null : to, timeZone });
      }}
    >
      <Stack gap="xs" w={240}>
        <TextInput
          type="date"
          label="First day"
          required
          value={from}
          onChange={(event) => setFrom(event.currentTarget.value)}
          data-autofocus
        />
        <TextInput
          type="date"
          label="Last day"
          description="Empty for now"
          value={to}
          error={backwards ? 'This is before the first day' : undefined}
          onChange={(event) => setTo(event.currentTarget.value)}
        />
        <Autocomplete
          label="Time zone"
          value={timeZone}
          onChange={setTimeZone}
          limit={20}
          comboboxProps={{ withinPortal: false }}
          data={[...new Set([localTimeZone(), 'UTC', ...Intl.supportedValuesOf('timeZone')])]}
        />
        <Button type="submit" disabled={backwards || from === ''}>
          Show
        </Button>
      </Stack>
    </form>
  );
}
