// Cold starts: how soon it serves, and how much memory it has. "Cold" is the process; its files
// are in the page cache.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Agent } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { wrk } from './load.mjs';
import { BenchError, memory, stop, untilReady } from './processes.mjs';
import { BODY, ask, insistOnAnswer, prepareModelGate, preparePortkey, staticUpstream } from './targets.mjs';

const POLL_MILLIS = 5;
const IDLE_MILLIS = 5_000;

/** Rows of figures, one for each start. */
export async function measureStarts(bench) {
  const upstream = await staticUpstream(bench);
  const gates = [];
  for (const build of bench.builds.filter(({ name }) => bench.wants(name))) {
    gates.push(await prepareModelGate(bench, upstream.port, build));
  }
  const image = join(bench.root, 'bootstrap/target/image');
  if (existsSync(join(image, 'bin/modelgate')) && bench.wants('image') && !gates.some(({ name }) => name === 'image')) {
    gates.push(await prepareModelGate(bench, upstream.port, { name: 'image', home: image }));
  }
  if (bench.wants('portkey')) {
    const gate = await preparePortkey(bench);
    gates.push({
      ...gate,
      headers: { 'x-portkey-provider': 'openai', 'x-portkey-custom-host': `http://127.0.0.1:${upstream.port}/v1`, Authorization: 'Bearer none' },
    });
  }
  const runs = [];
  for (let pass = 1; pass <= bench.starts; pass++) {
    for (const gate of pass % 2 === 1 ? gates : [...gates].reverse()) {
      const figures = { pass, target: gate.name, ...(await times(gate)), ...(await memories(bench, gate)) };
      runs.push(figures);
      bench.say(
        `start ${pass}  ${gate.name.padEnd(12)} /health ${Math.round(figures.healthMillis)} ms, first call ${Math.round(figures.firstCallMillis)} ms, ` +
          `in the first second ${figures.calls} calls, p50 ${figures.p50.toFixed(1)} ms, max ${figures.max.toFixed(1)} ms; ` +
          `RSS idle ${Math.round(figures.idle)} MB, after load ${Math.round(figures.loaded)} MB`,
      );
    }
  }
  await stop(upstream.process);
  return { runs };
}

function targetOf(gate) {
  return {
    name: gate.name,
    url: `http://127.0.0.1:${gate.port}/v1/chat/completions`,
    headers: { 'Content-Type': 'application/json', ...gate.headers },
  };
}

const millisSince = (began) => Number(process.hrtime.bigint() - began) / 1e6;

/** From exec to the first 200, to the first call served, and how long calls take in the second after. */
async function times(gate) {
  const target = targetOf(gate);
  const began = process.hrtime.bigint();
  const started = gate.launch();
  await untilReady(started, async () => (await ask('GET', gate.health)).status === 200, { pause: POLL_MILLIS });
  const healthMillis = millisSince(began);
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  await insistOnAnswer(target, agent);
  const firstCallMillis = millisSince(began);
  const latencies = [];
  for (const from = process.hrtime.bigint(); millisSince(from) < 1_000; ) {
    const asked = process.hrtime.bigint();
    const { status, text } = await ask('POST', target.url, { headers: target.headers, body: BODY, agent });
    if (status !== 200) {
      throw new BenchError(`${gate.name} does not serve a call of its first second: ${status} ${text}`);
    }
    latencies.push(millisSince(asked));
  }
  agent.destroy();
  await stop(started);
  latencies.sort((a, b) => a - b);
  const part = (share) => latencies[Math.max(0, Math.ceil(share * latencies.length) - 1)];
  return { healthMillis, firstCallMillis, calls: latencies.length, p50: part(0.5), p99: part(0.99), max: part(1) };
}

/** Before any call, and after the load of 64 connections. */
async function memories(bench, gate) {
  const target = targetOf(gate);
  const started = gate.launch();
  await untilReady(started, async () => (await ask('GET', gate.health)).status === 200);
  await sleep(IDLE_MILLIS);
  const idle = memory(started).rss;
  await insistOnAnswer(target);
  await wrk(bench, { ...target, process: started }, 64, bench.warmUp);
  const { rss, peak } = memory(started);
  await stop(started);
  return { idle, loaded: rss, peak };
}
