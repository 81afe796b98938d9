import { describe, expect, it } from 'vitest';
import type { Group, Point } from './api';
import { groupSeries, pivot, TOKENS } from './series';

const sums = (tokens: number) => ({
  requests: 1,
  errors: 0,
  refused: 0,
  prompt_tokens: tokens,
  completion_tokens: 1,
  total_tokens: tokens + 1,
  cached_tokens: 0,
  reasoning_tokens: 0,
});
const point = (time: string, tokens: number, group?: string): Point => ({ time, group, ...sums(tokens) });
const group = (name: string): Group => ({ group: name, name, ...sums(5) });

describe('a chart', () => {
  it('has one row for each interval', () => {
    const rows = pivot(
      [point('2026-01-01T23:00:00Z', 3), point('2026-01-02T00:00:00Z', 4)],
      TOKENS,
      'hour',
      'UTC',
    );
    expect(rows).toEqual([
      { time: '1 Jan, 23:00', in: 3, out: 1 },
      { time: '2 Jan, 00:00', in: 4, out: 1 },
    ]);
  });

  it('stacks the groups, nothing where one has nothing', () => {
    const points = [
      point('2026-01-01T00:00:00Z', 3, 'a.b'),
      point('2026-01-01T00:00:00Z', 7, 'other'),
      point('2026-01-02T00:00:00Z', 4, 'c'),
    ];
    const series = groupSeries(points, [group('a.b'), group('c'), group('unseen')], 'total_tokens');
    expect(series.map(({ label }) => label)).toEqual(['a.b', 'c', 'All others']);
    expect(pivot(points, series, 'day', 'UTC')).toEqual([
      { time: '1 Jan', g0: 4, g1: 0, other: 8 },
      { time: '2 Jan', g0: 0, g1: 5, other: 0 },
    ]);
  });
});
