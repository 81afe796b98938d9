const NUMBER = new Intl.NumberFormat('en', { maximumFractionDigits: 1 });
const COMPACT = new Intl.NumberFormat('en', { notation: 'compact', maximumFractionDigits: 1 });
const PERCENT = new Intl.NumberFormat('en', { style: 'percent', maximumFractionDigits: 1 });
const ABSOLUTE = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeStyle: 'medium' });
const RELATIVE = new Intl.RelativeTimeFormat('en', { numeric: 'auto' });

/** With separators: 1,234,567. */
export function number(value: number): string {
  return NUMBER.format(value);
}

/** 1 key, 2 keys. */
export function counted(count: number, thing: string): string {
  return `${number(count)} ${thing}${count === 1 ? '' : 's'}`;
}

/** For tiles and axes: 1.2M. */
export function compact(value: number): string {
  return COMPACT.format(value);
}

/** Of a part, "–" of nothing. */
export function percent(part: number, whole: number): string {
  return whole === 0 ? '–' : PERCENT.format(part / whole);
}

/** Two units at most: 340 ms, 1.2 s, 2 min 5 s, 3 h 10 min; "–" for null. */
export function duration(ms: number | null): string {
  if (ms === null) return '–';
  if (ms < 1) return ms === 0 ? '0 ms' : '< 1 ms';
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${number(ms / 1000)} s`;
  const seconds = Math.round(ms / 1000);
  if (seconds < 3600) return twoUnits(seconds, 60, 'min', 's');
  if (seconds < 86_400) return twoUnits(Math.round(seconds / 60), 60, 'h', 'min');
  return twoUnits(Math.round(seconds / 3600), 24, 'd', 'h');
}

function twoUnits(value: number, size: number, large: string, small: string): string {
  const rest = value % size;
  return `${Math.floor(value / size)} ${large}${rest === 0 ? '' : ` ${rest} ${small}`}`;
}

/** In the browser's time zone. */
export function absolute(time: string): string {
  return ABSOLUTE.format(new Date(time));
}

const UNITS = [
  ['year', 31_536_000],
  ['month', 2_592_000],
  ['day', 86_400],
  ['hour', 3600],
  ['minute', 60],
] as const;

/** As people say it: 5 minutes ago, tomorrow, just now. Clocks, ours among them, differ by some seconds. */
export function relative(time: string, now: number): string {
  const seconds = (new Date(time).getTime() - now) / 1000;
  for (const [unit, size] of UNITS) {
    if (Math.abs(seconds) >= size) return RELATIVE.format(Math.round(seconds / size), unit);
  }
  return seconds > 20 ? 'in less than a minute' : 'just now';
}

/** A word of the API for people: upstream_broke → upstream broke. */
export function words(name: string): string {
  return name.replaceAll('_', ' ');
}

/** As a field of type datetime-local takes it, in the browser's time zone. */
export function localTime(time: string | null): string {
  if (time === null) return '';
  const date = new Date(time);
  return new Date(date.getTime() - date.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}
