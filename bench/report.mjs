// Turns the runs into tables (Markdown) and a plot (SVG): medians over passes, ratios within a pass.

const median = (values) => {
  const sorted = values.filter((value) => value !== null && value !== undefined && !Number.isNaN(value)).sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length === 0 ? null : sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
};
const unique = (values) => [...new Set(values)];
const show = (value, digits = 0) => (value === null ? '–' : value.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits }));
const micros = (value) => (value === null ? '–' : show(value / 1_000, value < 1_000 ? 3 : value < 100_000 ? 2 : 0));

function table(head, rows) {
  const line = (cells) => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

/** Questions to the runs of one part. */
class Runs {
  constructor(part) {
    this.all = part?.runs ?? [];
  }

  where(fields) {
    return this.all.filter((run) => Object.entries(fields).every(([name, value]) => run[name] === value));
  }

  targets(has) {
    return unique(this.all.filter((run) => run[has] !== undefined).map((run) => run.target));
  }

  values(name) {
    return unique(this.all.map((run) => run[name]).filter((value) => value !== undefined)).sort((a, b) => a - b);
  }

  median(name, fields) {
    return median(this.where(fields).map((run) => run[name]));
  }

  /** The median over passes of a figure over another target's in the same pass. */
  ratio(name, fields, other) {
    return this.#compare(name, fields, other, (own, theirs) => own / theirs);
  }

  /** The same of the difference. */
  added(name, fields, other) {
    return this.#compare(name, fields, other, (own, theirs) => own - theirs);
  }

  #compare(name, fields, other, how) {
    return median(
      this.where(fields)
        .filter((run) => run[name] !== undefined)
        .flatMap((run) =>
          this.where({ ...fields, target: other, pass: run.pass })
            .filter((theirs) => theirs[name] !== undefined)
            .map((theirs) => how(run[name], theirs[name])),
        ),
    );
  }
}

export function report(results) {
  const http = new Runs(results.http);
  const streams = new Runs(results.streams);
  const starts = new Runs(results.start);
  const parts = [heading(results)];
  if (results.failures.length > 0) {
    parts.push(`**Failed:**\n\n${results.failures.map((failure) => `- ${failure.replaceAll('\n', ' ').slice(0, 400)}`).join('\n')}`);
  }
  parts.push(targetsTable(results, http, streams, starts));
  if (http.all.length > 0) {
    parts.push(httpTable(http), firstByteTable(http));
  }
  if (streams.all.length > 0) {
    parts.push(streamsTable(streams));
  }
  if (starts.all.length > 0) {
    parts.push(startsTable(starts));
  }
  return `${parts.filter((part) => part !== '').join('\n\n')}\n`;
}

function heading({ began, machine, versions, settings, http, streams }) {
  const others = [...(http?.runs ?? []), ...(streams?.runs ?? [])].map((run) => run.others).filter((share) => share !== undefined);
  const disturbed =
    others.length === 0 ? '' : ` Programs that do not belong to it took ${show(median(others) * 100)} % of the machine (median; at most ${show(Math.max(...others) * 100)} %).`;
  return (
    `${began.slice(0, 16).replace('T', ' ')} UTC: ${machine.cpu}, ${machine.cores} cores, ${machine.memoryGb} GB, ${machine.system}; ` +
    `load ${machine.loadBefore.toFixed(1)} before.${disturbed} ModelGate ${versions.modelgate}, ${versions.java}${settings.javaOptions && ` (${settings.javaOptions})`}, ` +
    `${versions.nginx.replace('nginx version: ', '')}, ${versions.wrk}, Portkey ${versions.portkey} on Node ${versions.node}. ` +
    `Medians of ${settings.passes} passes of ${settings.seconds} s, of ${settings.starts} starts.${settings.quick ? ' **A quick run: for trying the bench, not for figures.**' : ''}`
  );
}

/** What issue 7 wants; the worst of the connections it names counts. */
function targetsTable({ settings }, http, streams, starts) {
  const target = settings.builds[0];
  const middle = [16, 64].filter((connections) => http.values('connections').includes(connections));
  const worst = (pick, values) => (values.some((value) => value === null) || values.length === 0 ? null : pick(...values));
  const over = (other, name, of = target) => middle.map((connections) => http.ratio(name, { target: of, connections }, other));
  const thousand = { target, streams: 1_000 };
  const five = streams.where({ target, streams: 5_000 });
  const startTarget = starts.where({ target: 'image' }).length > 0 ? 'image' : target;
  const rows = [
    ['CPU per call, 16–64 connections, over nginx', worst(Math.max, over('nginx', 'cpuMicros')), 3, '×'],
    ['the same with usage off', worst(Math.max, over('nginx', 'cpuMicros', 'usage off')), 2.4, '×'],
    ['calls/s, 16–64 connections, over nginx', worst(Math.min, over('nginx', 'rate')), -0.4, '×'],
    ['calls/s over direct', worst(Math.min, over('direct', 'rate')), -0.25, '×'],
    ['calls/s over Portkey', worst(Math.min, over('portkey', 'rate')), -20, '×'],
    ['added p50 at 1 connection, first byte', http.added('firstP50', { target }, 'direct'), 100, 'µs'],
    ['added p50 at 1 connection, last byte', http.added('lastP50', { target }, 'direct'), 700, 'µs'],
    ['1,000 streams: delay p50', streams.median('p50', thousand), 500, 'µs'],
    ['1,000 streams: delay p99', streams.median('p99', thousand), 5_000, 'µs'],
    ['1,000 streams: CPU per event over nginx', streams.ratio('cpuMicros', thousand, 'nginx'), 4, '×'],
    ['5,000 streams: share that finished', five.length === 0 ? null : Math.min(...five.map((run) => run.finished / run.streams)), -1, ''],
    ['5,000 streams: RSS', streams.median('rss', { target, streams: 5_000 }), 700, 'MB'],
    [`start to first 200, ${startTarget}`, starts.median('healthMillis', { target: startTarget }), 1_200, 'ms'],
    [`RSS idle, ${startTarget}`, starts.median('idle', { target: startTarget }), 140, 'MB'],
    [`RSS after load at 64 connections, ${startTarget}`, starts.median('loaded', { target: startTarget }), 220, 'MB'],
  ].filter(([, value]) => value !== null);
  if (rows.length === 0) {
    return '';
  }
  const unit = (value, name) => `${show(value, name === '×' || name === '' ? (value < 10 ? 2 : 1) : 0)} ${name}`.trim();
  return table(
    [`${target}, everything on`, 'target', 'measured', ''],
    rows.map(([what, value, limit, name]) => [
      what,
      `${limit < 0 ? '≥' : '≤'} ${unit(Math.abs(limit), name)}`,
      unit(value, name),
      (limit < 0 ? value >= -limit : value <= limit) ? 'reached' : '**not reached**',
    ]),
  );
}

function httpTable(http) {
  const rows = http.values('connections').flatMap((connections) =>
    http.targets('connections').map((target) => {
      const fields = { target, connections };
      return [
        connections,
        target,
        show(http.median('rate', fields)),
        show(http.ratio('rate', fields, 'nginx'), 3),
        show(http.ratio('rate', fields, 'direct'), 3),
        micros(http.median('p50', fields)),
        micros(http.median('p99', fields)),
        show(http.median('cpuMicros', fields), 1),
        show(http.ratio('cpuMicros', fields, 'nginx'), 2),
        show(http.median('rss', fields)),
        show(http.median('peak', fields)),
        show(http.median('clientCores', fields), 2),
      ];
    }),
  );
  return table(
    ['connections', '', 'calls/s', '× nginx', '× direct', 'p50 ms', 'p99 ms', 'CPU µs a call', '× nginx', 'RSS MB', 'peak MB', 'cores of wrk'],
    rows,
  );
}

function firstByteTable(http) {
  const rows = http.targets('firstP50').map((target) => {
    const fields = { target };
    return [
      target,
      show(http.median('firstP50', fields)),
      show(http.median('firstP99', fields)),
      show(http.median('lastP50', fields)),
      show(http.median('lastP99', fields)),
      show(http.added('firstP50', fields, 'direct')),
      show(http.added('lastP50', fields, 'direct')),
    ];
  });
  return rows.length === 0
    ? ''
    : table(['one call at a time, µs', 'first byte p50', 'p99', 'last byte p50', 'p99', 'added p50, first', 'added p50, last'], rows);
}

function streamsTable(streams) {
  const rows = streams.values('streams').flatMap((count) =>
    streams.targets('streams').map((target) => {
      const fields = { target, streams: count };
      return [
        show(count),
        target,
        show(Math.min(...streams.where(fields).map((run) => run.finished))),
        micros(streams.median('p50', fields)),
        micros(streams.median('p99', fields)),
        micros(streams.median('max', fields)),
        target === 'direct' ? '–' : show(streams.median('cpuMicros', fields), 1),
        target === 'direct' ? '–' : show(streams.ratio('cpuMicros', fields, 'nginx'), 2),
        target === 'direct' ? '–' : show(streams.median('rss', fields)),
        show(streams.median('loadCpuMicros', fields), 1),
      ];
    }),
  );
  return table(['streams', '', 'finished', 'delay p50 ms', 'p99 ms', 'max ms', 'CPU µs an event', '× nginx', 'RSS MB', 'client and upstream µs an event'], rows);
}

function startsTable(starts) {
  const rows = starts.targets('healthMillis').map((target) => {
    const of = (name, digits = 0) => show(starts.median(name, { target }), digits);
    return [target, of('healthMillis'), of('firstCallMillis'), of('calls'), of('p50', 1), of('p99', 1), of('max', 1), of('idle'), of('loaded'), of('peak')];
  });
  return table(
    ['start', 'first 200, ms', 'first call served, ms', 'calls in the next second', 'p50 ms', 'p99 ms', 'max ms', 'RSS idle, MB', 'after load', 'peak'],
    rows,
  );
}

const COLOURS = ['#1b6ca8', '#c8553d', '#588b3a', '#8a4fa3', '#c69214', '#3d8f8f', '#666666', '#a83279'];
const WIDTH = 420;
const HEIGHT = 300;

/** Small charts side by side: one figure each over connections or streams, a line for each target. */
export function plot(results) {
  const http = new Runs(results.http);
  const streams = new Runs(results.streams);
  const names = unique([...http.targets('connections'), ...streams.targets('streams')]);
  const colour = (target) => COLOURS[names.indexOf(target) % COLOURS.length];
  const lines = (runs, by, name, divisor = 1, without = []) =>
    runs
      .targets(by)
      .filter((target) => !without.includes(target))
      .map((target) => ({
        target,
        points: runs
          .values(by)
          .map((x) => [x, runs.median(name, { target, [by]: x }) / divisor])
          .filter(([, y]) => y > 0),
      }));
  const charts = [
    ...(http.values('connections').length === 0
      ? []
      : [
          ['calls a second, by connections', http.values('connections'), lines(http, 'connections', 'rate')],
          ['CPU of the gateway per call, µs', http.values('connections'), lines(http, 'connections', 'cpuMicros', 1, ['direct'])],
          ['latency p99, ms', http.values('connections'), lines(http, 'connections', 'p99', 1_000)],
        ]),
    ...(streams.values('streams').length === 0
      ? []
      : [
          ['delay of an event p50, ms, by streams', streams.values('streams'), lines(streams, 'streams', 'p50', 1_000)],
          ['delay of an event p99, ms', streams.values('streams'), lines(streams, 'streams', 'p99', 1_000)],
          ['CPU of the gateway per event, µs', streams.values('streams'), lines(streams, 'streams', 'cpuMicros', 1, ['direct'])],
        ]),
  ];
  const drawn = charts.map(([title, xs, series], i) =>
    chart(title, xs, series, colour).replace('<g>', `<g transform="translate(${(i % 3) * WIDTH} ${Math.floor(i / 3) * HEIGHT + 40})">`),
  );
  const legend = names
    .map((name, i) => `<g transform="translate(${20 + i * 130} 20)"><rect width="12" height="12" y="-10" fill="${colour(name)}"/><text x="18">${escape(name)}</text></g>`)
    .join('');
  const height = Math.max(1, Math.ceil(charts.length / 3)) * HEIGHT + 40;
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${3 * WIDTH} ${height}" font-family="sans-serif" font-size="12">` +
    `<rect width="100%" height="100%" fill="white"/>${legend}${drawn.join('\n')}</svg>\n`
  );
}

const escape = (text) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');

/** A logarithmic scale, for a peer may be a hundred times slower; a point for each x that was measured. */
function chart(title, xs, series, colour) {
  const values = series.flatMap(({ points }) => points.map(([, y]) => y));
  if (values.length === 0) {
    return '<g></g>';
  }
  const low = Math.floor(Math.log10(Math.min(...values)));
  const high = Math.max(low + 1, Math.ceil(Math.log10(Math.max(...values))));
  const [left, right, top, bottom] = [60, WIDTH - 20, 30, HEIGHT - 40];
  const x = (value) => left + 20 + (xs.length === 1 ? 0 : (xs.indexOf(value) / (xs.length - 1)) * (right - left - 40));
  const y = (value) => bottom - ((Math.log10(value) - low) / (high - low)) * (bottom - top);
  const grid = Array.from({ length: high - low + 1 }, (_, i) => 10 ** (low + i)).map(
    (value) =>
      `<line x1="${left}" x2="${right}" y1="${y(value)}" y2="${y(value)}" stroke="#ddd"/>` +
      `<text x="${left - 6}" y="${y(value) + 4}" text-anchor="end">${value.toLocaleString('en-US')}</text>`,
  );
  const ticks = xs.map((value) => `<text x="${x(value)}" y="${bottom + 18}" text-anchor="middle">${value.toLocaleString('en-US')}</text>`);
  const drawn = series.map(({ target, points }) => {
    const at = points.map(([px, py]) => `${x(px).toFixed(1)},${y(py).toFixed(1)}`);
    const dots = at.map((point) => `<circle cx="${point.split(',')[0]}" cy="${point.split(',')[1]}" r="3" fill="${colour(target)}"/>`);
    return `<polyline points="${at.join(' ')}" fill="none" stroke="${colour(target)}" stroke-width="2"/>${dots.join('')}`;
  });
  return `<g><text x="${left}" y="16" font-weight="bold">${escape(title)}</text>${grid.join('')}${ticks.join('')}${drawn.join('')}</g>`;
}
