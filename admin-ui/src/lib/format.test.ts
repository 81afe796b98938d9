import { describe, expect, it } from 'vitest';
import { compact, counted, duration, localTime, number, percent, relative } from './format';

describe('numbers', () => {
  it('have separators', () => {
    expect(number(1234567)).toBe('1,234,567');
    expect(compact(1_234_567)).toBe('1.2M');
    expect(percent(1, 8)).toBe('12.5%');
  });

  it('agree with what they count', () => {
    expect(counted(1, 'key')).toBe('1 key');
    expect(counted(2000, 'key')).toBe('2,000 keys');
  });

  it('are no share of nothing', () => expect(percent(0, 0)).toBe('–'));
});

describe('a duration', () => {
  it.each([
    [null, '–'],
    [0, '0 ms'],
    [0.4, '< 1 ms'],
    [340.2, '340 ms'],
    [1234, '1.2 s'],
    [60_000, '1 min'],
    [125_000, '2 min 5 s'],
    [11_400_000, '3 h 10 min'],
    [200_000_000, '2 d 8 h'],
  ])('of %s ms is %s', (ms, shown) => expect(duration(ms)).toBe(shown));
});

describe('a time', () => {
  const now = Date.parse('2026-01-10T12:00:00Z');
  it.each([
    ['2026-01-10T11:59:30Z', 'just now'],
    ['2026-01-10T12:00:15Z', 'just now'],
    ['2026-01-10T12:00:30Z', 'in less than a minute'],
    ['2026-01-10T11:55:00Z', '5 minutes ago'],
    ['2026-01-09T12:00:00Z', 'yesterday'],
    ['2026-01-13T12:00:00Z', 'in 3 days'],
  ])('of %s is %s', (time, shown) => expect(relative(time, now)).toBe(shown));

  it('comes back from a field as it was', () => {
    const time = '2026-03-29T01:30:00.000Z';
    expect(new Date(localTime(time)).toISOString()).toBe(time);
    expect(localTime(null)).toBe('');
  });
});
