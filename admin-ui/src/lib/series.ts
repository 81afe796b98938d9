import type { Group, Point, Sums } from './api';

/** One color of a stacked chart. */
export interface Series {
  /** Has no dots: the chart would take them for a path. */
  name: string;
  label: string;
  color: string;
  value: (point: Point) => number;
  /** The group whose points count; undefined for all. */
  group?: string;
}

export type Metric = 'total_tokens' | 'requests' | 'errors';
type Row = Record<string, string | number>;

const COLORS = [
  'brand.6',
  'blue.6',
  'orange.6',
  'grape.6',
  'cyan.6',
  'pink.6',
  'lime.7',
  'indigo.4',
  'yellow.6',
  'red.4',
];

export const TOKENS: readonly Series[] = [
  { name: 'in', label: 'Tokens in', color: 'blue.6', value: (point) => point.prompt_tokens },
  { name: 'out', label: 'Tokens out', color: 'brand.6', value: (point) => point.completion_tokens },
];

export const CALLS: readonly Series[] = [
  { name: 'well', label: 'Answered', color: 'brand.6', value: (point) => point.requests - point.errors },
  { name: 'errors', label: 'Failed', color: 'red.6', value: (point) => point.errors },
  { name: 'refused', label: 'Refused', color: 'orange.5', value: (point) => point.refused },
];

/** The largest groups each in a color of its own, all others together. */
export function groupSeries(points: readonly Point[], groups: readonly Group[], metric: Metric): Series[] {
  const there = new Set(points.map(({ group }) => group));
  const value = (point: Sums) => point[metric];
  const shown = groups
    .filter(({ group }) => there.has(group))
    .slice(0, COLORS.length)
    .map(({ group, name }, index) => ({
      name: `g${index}`,
      label: name.length > 40 ? `${name.slice(0, 39)}…` : name,
      color: COLORS[index] ?? 'gray.6',
      value,
      group,
    }));
  const isShown = new Set(shown.map(({ group }) => group));
  if (!there.has('other') || isShown.has('other')) return shown;
  return [...shown, { name: 'other', label: 'All others', color: 'gray.5', value, group: 'other' }];
}

/** One row for each interval, in the points' order. */
export function pivot(
  points: readonly Point[],
  series: readonly Series[],
  interval: 'hour' | 'day',
  timeZone: string,
): Row[] {
  const format = timeFormat(interval, timeZone);
  const rows = new Map<string, Row>();
  for (const point of points) {
    let row = rows.get(point.time);
    if (row === undefined) {
      row = { time: format.format(new Date(point.time)) };
      for (const { name } of series) row[name] = 0;
      rows.set(point.time, row);
    }
    for (const { name, value, group } of series) {
      if (group === undefined || group === point.group) row[name] = Number(row[name]) + value(point);
    }
  }
  return [...rows.values()];
}

function timeFormat(interval: 'hour' | 'day', timeZone: string): Intl.DateTimeFormat {
  return new Intl.DateTimeFormat('en-GB', {
    timeZone,
    day: 'numeric',
    month: 'short',
    ...(interval === 'hour' ? { hour: '2-digit', minute: '2-digit' } : {}),
  });
}
