// Calls that are answered whole: wrk at several numbers of connections, pass by pass.
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  BenchError,
  cpuSeconds,
  insistOn,
  machineSeconds,
  memory,
  run,
  stop,
  untilQuiet,
} from './processes.mjs';
import { requestOf, wrk } from './load.mjs';
import { insistOnAnswer, modelGate, nginxProxy, other, portkey, staticUpstream } from './targets.mjs';

/** Runs all passes; rows of figures, one for each run of wrk. */
export async function measureHttp(bench) {
  const upstream = await staticUpstream(bench);
  const targets = [upstream];
  const add = async (name, begin) => {
    if (bench.wants(name)) {
      targets.push(await begin());
    }
  };
  await add('nginx', () => nginxProxy(bench, upstream.port));
  for (const build of bench.builds) {
    await add(build.name, () => modelGate(bench, upstream.port, build));
  }
  await add('usage off', () =>
    modelGate(bench, upstream.port, {
      ...bench.builds[0],
      name: 'usage off',
      javaOptions: `-javaagent:${join(bench.classes, 'usage-off.jar')}`,
    }),
  );
  await add('portkey', () => portkey(bench, upstream.port));
  for (const description of bench.others) {
    targets.push(await other(bench, upstream.port, description));
  }

  for (const target of targets) {
    await insistOnAnswer(target);
    const seconds = target.gate ? bench.warmUp : Math.min(bench.warmUp, 5);
    bench.say(`warming up ${target.name}, ${seconds} s`);
    await wrk(bench, target, 64, seconds);
    await untilQuiet(target.process);
    target.served = 0;
    target.recordedBefore = await recorded(target);
  }

  const runs = [];
  for (let pass = 1; pass <= bench.passes; pass++) {
    const order = pass % 2 === 1 ? targets : [...targets].reverse();
    for (const connections of bench.connections) {
      for (const target of order.filter((one) => !one.failure)) {
        await attempt(bench, target, runs, () => oneRun(bench, upstream, target, pass, connections));
      }
    }
    for (const target of order.filter((one) => !one.failure)) {
      await attempt(bench, target, runs, () => firstByte(bench, target, pass));
    }
  }
  for (const target of targets.filter((one) => one.gate && !one.failure)) {
    await attempt(bench, target, runs, () => insistOnRecords(target));
  }
  await Promise.all(targets.map((target) => stop(target.process)));
  return { runs };
}

/** A peer that fails is left out from then on, and the bench's end is a failure; without the upstream there is no point. */
async function attempt(bench, target, runs, measure) {
  try {
    insistOn(target.process);
    const figures = await measure();
    if (figures) {
      runs.push(figures);
      bench.say(line(figures));
    }
  } catch (error) {
    if (!(error instanceof BenchError) || target.name === 'direct') {
      throw error;
    }
    target.failure = error.message;
    bench.failed(`${target.name}: ${error.message}`);
  }
}

function line(run) {
  return run.connections === undefined
    ? `pass ${run.pass}  one call at a time  ${run.target.padEnd(12)} first byte ${run.firstP50} µs, last ${run.lastP50} µs`
    : `pass ${run.pass}  ${String(run.connections).padStart(3)} connections  ${run.target.padEnd(12)} ` +
        `${Math.round(run.rate)}/s, p50 ${run.p50} µs, p99 ${run.p99} µs, CPU ${run.cpuMicros.toFixed(1)} µs, ` +
        `RSS ${Math.round(run.rss)} MB, others ${Math.round(run.others * 100)} %`;
}

async function oneRun(bench, upstream, target, pass, connections) {
  const before = { target: cpuSeconds(target.process), upstream: cpuSeconds(upstream.process), machine: machineSeconds() };
  const own = process.cpuUsage();
  const began = process.hrtime.bigint();
  const result = await wrk(bench, target, connections, bench.seconds);
  await untilQuiet(target.process); // what it does afterwards is part of what the calls cost
  const seconds = Number(process.hrtime.bigint() - began) / 1e9;
  const cpu = cpuSeconds(target.process) - before.target;
  const upstreamCpu = cpuSeconds(upstream.process) - before.upstream;
  const { user, system } = process.cpuUsage(own);
  const known = result.cpu + (user + system) / 1e6 + (target === upstream ? cpu : cpu + upstreamCpu);
  target.served += result.requests;
  return {
    pass,
    target: target.name,
    connections,
    rate: result.requests / (result.micros / 1e6),
    p50: result.p50,
    p99: result.p99,
    max: result.max,
    cpuMicros: (cpu / result.requests) * 1e6,
    upstreamCpuMicros: (upstreamCpu / result.requests) * 1e6,
    clientCpuMicros: (result.cpu / result.requests) * 1e6,
    clientCores: result.cpu / (result.micros / 1e6),
    others: Math.max(0, machineSeconds() - before.machine - known) / seconds / bench.cores,
    ...memory(target.process),
  };
}

/** wrk knows when a reply's last byte came; when the first did, a client of our own tells. */
async function firstByte(bench, target, pass) {
  await sleep(200);
  const { output } = await run(
    `one call at a time to ${target.name}`,
    [...bench.java, 'OneConnection', target.url, String(bench.quick ? 2 : 4)],
    join(bench.folder, 'one-connection.log'),
    requestOf(target),
  );
  const figures = JSON.parse(output);
  target.served += figures.calls;
  return { pass, target: target.name, ...figures };
}

/** Everything on means that each call served is in the database; usage off, that none is. */
async function insistOnRecords(target) {
  const kept = (await recorded(target)) - target.recordedBefore;
  const wanted = target.name === 'usage off' ? kept === 0 : kept >= target.served;
  if (!wanted) {
    throw new BenchError(`${target.served} calls were served, and ${kept} are in the database`);
  }
}

/** How many calls a ModelGate has in its database. */
async function recorded(target) {
  if (!target.gate) {
    return 0;
  }
  const from = new Date(Date.now() - 86_400_000).toISOString();
  const to = new Date(Date.now() + 86_400_000).toISOString();
  const usage = await target.gate.admin('GET', `/usage?from=${from}&to=${to}`);
  return usage.totals.requests;
}
