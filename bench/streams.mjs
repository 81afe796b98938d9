// Many streams at once: how late their events are, and what they cost.
import { join } from 'node:path';
import { BenchError, cpuSeconds, freePort, insistOn, machineSeconds, memory, start, stop, untilQuiet, untilReady, tail } from './processes.mjs';
import { ask, modelGate, nginxProxy } from './targets.mjs';

const RAMP_MILLIS = 2_000;

/** Runs all passes; rows of figures, one for each number of streams and target. */
export async function measureStreams(bench) {
  const port = await freePort();
  const upstream = start('the streaming upstream', [...bench.java, 'PacedUpstream', String(port)], join(bench.folder, 'paced.log'));
  await untilReady(upstream, async () => (await ask('GET', `http://127.0.0.1:${port}/health`)).status === 200);
  const client = new Client(bench);
  const targets = [{ name: 'direct', process: upstream, port }];
  if (bench.wants('nginx')) {
    targets.push(await nginxProxy(bench, port, 'nginx-streams'));
  }
  for (const build of bench.builds.filter(({ name }) => bench.wants(name))) {
    targets.push(await modelGate(bench, port, { ...build, name: `${build.name} streams` }).then((one) => ({ ...one, name: build.name })));
  }

  const most = Math.max(...bench.streams);
  for (const target of targets) {
    for (const streams of bench.quick ? [200] : [1_000, 1_000, Math.min(most, 2_500)]) {
      bench.say(`warming up ${target.name}, ${streams} streams`);
      insistOnAll(await client.run(target, streams), target);
    }
  }

  const runs = [];
  for (let pass = 1; pass <= bench.passes; pass++) {
    const order = pass % 2 === 1 ? targets : [...targets].reverse();
    for (const streams of bench.streams) {
      for (const target of order) {
        insistOn(target.process);
        insistOn(upstream);
        const figures = { pass, ...(await oneRun(bench, client, upstream, target, streams)) };
        runs.push(figures);
        bench.say(
          `pass ${pass}  ${streams} streams  ${target.name.padEnd(12)} ${figures.finished} finished, delay p50 ${figures.p50} µs, ` +
            `p99 ${figures.p99} µs, CPU/event ${figures.cpuMicros.toFixed(1)} µs, RSS ${Math.round(figures.rss)} MB, ` +
            `others ${Math.round(figures.others * 100)} %`,
        );
        if (figures.finished < streams) {
          bench.failed(`${target.name}: ${streams - figures.finished} of ${streams} streams did not finish: ${JSON.stringify(figures.failures)}`);
        }
      }
    }
  }
  await Promise.all([client.process, upstream, ...targets.slice(1).map((target) => target.process)].map(stop));
  return { runs };
}

function insistOnAll({ finished, streams, failures }, target) {
  if (finished < streams) {
    throw new BenchError(`${target.name}: only ${finished} of ${streams} streams finished: ${JSON.stringify(failures)}`);
  }
}

async function oneRun(bench, client, upstream, target, streams) {
  const parties = [...new Set([target.process, upstream, client.process])];
  const before = { machine: machineSeconds(), parties: parties.map(cpuSeconds) };
  const own = process.cpuUsage();
  const began = process.hrtime.bigint();
  const watch = new Peak(target.process);
  const result = await client.run(target, streams);
  const rss = watch.end();
  await untilQuiet(target.process);
  const seconds = Number(process.hrtime.bigint() - began) / 1e9;
  const used = parties.map((party, i) => cpuSeconds(party) - before.parties[i]);
  const { user, system } = process.cpuUsage(own);
  const known = used.reduce((sum, one) => sum + one, 0) + (user + system) / 1e6;
  return {
    target: target.name,
    ...result,
    cpuMicros: (used[0] / result.events) * 1e6,
    loadCpuMicros: (used.slice(target.process === upstream ? 0 : 1).reduce((sum, one) => sum + one, 0) / result.events) * 1e6,
    others: Math.max(0, machineSeconds() - before.machine - known) / seconds / bench.cores,
    rss,
  };
}

/** The most memory it has meanwhile, looked at twice a second. */
class Peak {
  #most;
  #timer;

  constructor(started) {
    this.#most = memory(started).rss;
    this.#timer = setInterval(() => (this.#most = Math.max(this.#most, memory(started).rss)), 500);
  }

  end() {
    clearInterval(this.#timer);
    return this.#most;
  }
}

/** The event-loop client, a process that lives for all runs, so that it is warm. */
class Client {
  #waiting;
  #text = '';

  constructor(bench) {
    this.process = start('the streaming client', [...bench.java, 'StreamClient'], join(bench.folder, 'client.log'), { pipe: true });
    this.process.child.stdout.setEncoding('utf8').on('data', (piece) => {
      this.#text += piece;
      if (this.#text.endsWith('\n')) {
        this.#waiting?.(this.#text);
        this.#text = '';
      }
    });
  }

  async run(target, streams) {
    const key = target.gate?.key ?? 'none';
    const answer = new Promise((resolve) => (this.#waiting = resolve));
    const before = process.hrtime.bigint();
    this.process.child.stdin.write(`${streams} ${target.port} ${RAMP_MILLIS} ${key}\n`);
    const text = await Promise.race([answer, this.process.end]);
    if (this.process.ended !== null) {
      throw new BenchError(`the streaming client ended (${this.process.ended}): ${tail(this.process)}`);
    }
    const { clock, ...result } = JSON.parse(text);
    const told = BigInt(clock);
    // Send times are compared across processes: that holds only if all read the same clock.
    if (told < before || told > process.hrtime.bigint()) {
      throw new BenchError('System.nanoTime is not CLOCK_MONOTONIC here; delays between processes cannot be told');
    }
    return result;
  }
}
