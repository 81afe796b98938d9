import { describe, expect, it } from 'vitest';
import { localTimeZone, rangeInstants, rangeQuery, readRange, writeRange } from './range';

const NOW = Date.parse('2026-11-24T00:30:00Z');
const read = (query: string) => readRange(new URLSearchParams(query));

describe('a range', () => {
  it('is the last 24 hours where the address says nothing, or nonsense', () => {
    for (const query of ['', 'range=', 'range=7y', 'range=__proto__']) {
      expect(read(query)).toEqual({ preset: '24h', from: null, to: null, timeZone: localTimeZone() });
    }
  });

  it('is told by the address, and leaves its other parts', () => {
    const range = read('range=30d&tz=Europe/Berlin&model=a');
    expect(range.preset).toBe('30d');
    expect(writeRange(new URLSearchParams('model=a&from=2026-01-01'), range).toString()).toBe(
      'model=a&range=30d&tz=Europe%2FBerlin',
    );
  });

  it('may be dates', () => {
    const range = read('from=2026-03-28&to=2026-03-29&tz=Europe/Berlin');
    expect(rangeQuery(range, NOW)).toEqual({
      from: '2026-03-28',
      to: '2026-03-29',
      time_zone: 'Europe/Berlin',
    });
  });

  it('of days begins with a day there', () => {
    expect(rangeQuery(read('range=7d&tz=America/New_York'), NOW).from).toBe('2026-11-17');
    expect(rangeQuery(read('range=7d&tz=UTC'), NOW).from).toBe('2026-11-18');
    expect(rangeQuery(read('range=24h&tz=UTC'), NOW).from).toBe('2026-11-23T00:30:00.000Z');
  });

  it('becomes instants, also where the clocks are changed', () => {
    // Berlin: summer time begins on 29 March 2026 at 2 o'clock.
    expect(rangeInstants(read('from=2026-03-29&to=2026-03-29&tz=Europe/Berlin'))).toEqual({
      from: '2026-03-28T23:00:00.000Z',
      to: '2026-03-29T22:00:00.000Z',
    });
    expect(rangeInstants(read('from=2026-03-29&tz=Nowhere/AtAll')).from).toBe('2026-03-29T00:00:00.000Z');
  });
});
