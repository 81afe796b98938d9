/** How much time a page looks back on; in its address, so that it can be sent to somebody. */
export interface Range {
  /** One of {@link PRESETS}, or null for from and to. */
  preset: Preset | null;
  /** Dates in the time zone, YYYY-MM-DD, or an instant; null for what the gateway takes by itself. */
  from: string | null;
  to: string | null;
  timeZone: string;
}

export const PRESETS = ['1h', '24h', '7d', '30d', '90d'] as const;
export type Preset = (typeof PRESETS)[number];

export const PRESET_LABELS: Record<Preset, string> = {
  '1h': 'Last hour',
  '24h': 'Last 24 hours',
  '7d': 'Last 7 days',
  '30d': 'Last 30 days',
  '90d': 'Last 90 days',
};

const HOUR = 3_600_000;
const LENGTHS: Record<Preset, { hours: number } | { days: number }> = {
  '1h': { hours: 1 },
  '24h': { hours: 24 },
  '7d': { days: 7 },
  '30d': { days: 30 },
  '90d': { days: 90 },
};

export function localTimeZone(): string {
  return Intl.DateTimeFormat().resolvedOptions().timeZone;
}

export function readRange(parameters: URLSearchParams, fallback: Preset = '24h'): Range {
  const timeZone = parameters.get('tz') ?? localTimeZone();
  const from = parameters.get('from');
  const to = parameters.get('to');
  if (from !== null || to !== null) return { preset: null, from, to, timeZone };
  const wanted = parameters.get('range');
  return { preset: PRESETS.find((preset) => preset === wanted) ?? fallback, from: null, to: null, timeZone };
}

/** Leaves the other parameters as they are. */
export function writeRange(parameters: URLSearchParams, range: Range): URLSearchParams {
  const next = new URLSearchParams(parameters);
  const put = (name: string, value: string | null) => {
    if (value === null || value === '') next.delete(name);
    else next.set(name, value);
  };
  put('range', range.preset);
  put('from', range.preset === null ? range.from : null);
  put('to', range.preset === null ? range.to : null);
  put('tz', range.timeZone === localTimeZone() ? null : range.timeZone);
  return next;
}

/** As the API takes it. Days begin at midnight in the range's time zone, hours at once. */
export function rangeQuery(
  range: Range,
  now = Date.now(),
): { from?: string; to?: string; time_zone: string } {
  const query = { time_zone: range.timeZone };
  if (range.preset === null) {
    return { ...query, from: range.from ?? undefined, to: range.to ?? undefined };
  }
  const length = LENGTHS[range.preset];
  if ('hours' in length) return { ...query, from: new Date(now - length.hours * HOUR).toISOString() };
  return { ...query, from: dateIn(range.timeZone, now - (length.days - 1) * 24 * HOUR) };
}

/** YYYY-MM-DD there and then; in UTC when there is no such time zone. */
export function dateIn(timeZone: string, instant = Date.now()): string {
  try {
    return new Intl.DateTimeFormat('en-CA', { timeZone }).format(instant);
  } catch {
    return new Date(instant).toISOString().slice(0, 10);
  }
}

/** As {@link rangeQuery}, for what takes no time zone. */
export function rangeInstants(range: Range, now = Date.now()): { from?: string; to?: string } {
  const { from, to } = rangeQuery(range, now);
  const day = 24 * HOUR;
  return {
    from: from === undefined ? undefined : instantOf(from, range.timeZone),
    to: to === undefined ? undefined : instantOf(isDate(to) ? nextDate(to) : to, range.timeZone),
  };

  function nextDate(date: string): string {
    return new Date(Date.parse(date) + day).toISOString().slice(0, 10);
  }
}

function isDate(text: string): boolean {
  return /^\d{4}-\d{2}-\d{2}$/.test(text);
}

function instantOf(text: string, timeZone: string): string {
  if (!isDate(text)) return text;
  const midnight = Date.parse(text);
  // Twice, since the clocks may have been changed between here and there.
  const near = midnight - offset(timeZone, midnight);
  return new Date(midnight - offset(timeZone, near)).toISOString();
}

/** How far the clocks there are ahead of UTC, in milliseconds. */
function offset(timeZone: string, instant: number): number {
  try {
    const shown = new Intl.DateTimeFormat('sv-SE', {
      timeZone,
      dateStyle: 'short',
      timeStyle: 'medium',
    }).format(instant);
    return Date.parse(`${shown.replace(' ', 'T')}Z`) - Math.floor(instant / 1000) * 1000;
  } catch {
    return 0;
  }
}
