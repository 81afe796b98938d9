// wrk, and what makes its figures count.
import { join } from 'node:path';
import { BenchError, insistOn, run } from './processes.mjs';
import { BODY, insistOnAnswer } from './targets.mjs';

/** Replies are at least as long as what matters in them. */
const SHORTEST_REPLY = 400;

/** Runs wrk, and complains of every reply that is not what was asked for. */
export async function wrk(bench, target, connections, seconds) {
  const threads = Math.min(2, connections);
  const { output, cpu } = await run(
    `wrk against ${target.name}`,
    ['wrk', `-t${threads}`, `-c${connections}`, `-d${seconds}s`, '--timeout', '30s', '-s', bench.file('chat.lua'), target.url],
    join(bench.folder, 'wrk.log'),
    requestOf(target),
  );
  const result = JSON.parse(output.match(/^RESULT (.*)$/m)[1]);
  const errors = Object.entries(result.errors).filter(([, count]) => count > 0);
  insistOn(target.process);
  if (errors.length > 0) {
    const probe = await insistOnAnswer(target).then(
      () => 'a call by itself is served',
      (error) => error.message,
    );
    throw new BenchError(
      `at ${connections} connections ${errors.map(([kind, count]) => `${count} × ${kind}`).join(', ')} ` +
        `among ${result.requests} replies; ${probe}`,
    );
  }
  if (result.requests === 0 || result.bytes / result.requests < SHORTEST_REPLY) {
    throw new BenchError(`${result.requests} replies of ${result.bytes} bytes in all: those are not completions`);
  }
  return { ...result, cpu };
}

/** What wrk and the client of our own are told in their environment. */
export function requestOf(target) {
  const lines = Object.entries(target.headers).map(([name, value]) => `${name}: ${value}`);
  return { BENCH_BODY: BODY, BENCH_HEADERS: lines.join('\n') };
}
