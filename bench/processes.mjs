// Starts, watches and stops processes. Each that is started gets a session of its own, so that it
// can be counted and stopped with all its children.
import { spawn, spawnSync } from 'node:child_process';
import { closeSync, openSync, readFileSync, readdirSync } from 'node:fs';
import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

const TICKS_A_SECOND = Number(spawnSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }).stdout);
const running = new Set();

export class BenchError extends Error {}

/**
 * Starts a command.
 *
 * @param name for messages
 * @param log the file that takes its output
 * @param options cwd, env (added to the bench's own, from which no setting MG_… is passed on), and
 *     pipe: true to talk to it over its standard input and output
 */
export function start(name, command, log, { cwd, env = {}, pipe = false } = {}) {
  const out = openSync(log, 'w');
  const own = Object.fromEntries(Object.entries(process.env).filter(([key]) => !key.startsWith('MG_')));
  const child = spawn(command[0], command.slice(1), {
    cwd,
    env: { ...own, ...env },
    detached: true,
    stdio: pipe ? ['pipe', 'pipe', out] : ['ignore', out, out],
  });
  closeSync(out);
  const started = { name, log, child, pid: child.pid, ended: null };
  running.add(started);
  started.end = new Promise((resolve) => {
    child.on('error', (error) => resolve((started.ended = error.message)));
    child.on('exit', (code, signal) => resolve((started.ended = signal ?? `exit code ${code}`)));
  });
  return started;
}

/** Waits until a check passes; complains when the process ends first, or the patience does. */
export async function untilReady(started, check, { pause = 20, patience = 60_000 } = {}) {
  const deadline = Date.now() + patience;
  while (!(await check())) {
    if (started.ended !== null) {
      throw new BenchError(`${started.name} ended (${started.ended}) before it was ready; it said:\n${tail(started)}`);
    }
    if (Date.now() > deadline) {
      throw new BenchError(`${started.name} was not ready within ${patience / 1000} s; it said:\n${tail(started)}`);
    }
    await sleep(pause);
  }
}

/** The last lines of what it said, none longer than a screen is wide twice. */
export function tail(started) {
  const lines = readFileSync(started.log, 'utf8').trimEnd().split('\n');
  return lines.slice(-8).map((line) => line.slice(0, 240)).join('\n');
}

/** Complains when it is not there any more. */
export function insistOn(started) {
  if (started.ended !== null) {
    throw new BenchError(`${started.name} has ended (${started.ended}); it said:\n${tail(started)}`);
  }
}

/** SIGTERM, and after ten seconds SIGKILL; returns when all of it is gone. */
export async function stop(started) {
  signal(started, 'SIGTERM');
  await Promise.race([started.end, sleep(10_000)]);
  signal(started, 'SIGKILL');
  if (started.pid !== undefined) {
    await started.end;
  }
  running.delete(started);
}

export async function stopAll() {
  await Promise.all([...running].map(stop));
}

/** For when there is no time left. */
export function killAll() {
  running.forEach((started) => signal(started, 'SIGKILL'));
}

function signal(started, name) {
  try {
    process.kill(-started.pid, name);
  } catch {
    // None of it is left.
  }
}

/** Fields of /proc/PID/stat from the third on, of the process itself and all in its session. */
function stats(started) {
  return readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry))
    .map((pid) => ({ pid, stat: read(`/proc/${pid}/stat`) }))
    .filter(({ stat }) => stat !== null)
    .map(({ pid, stat }) => ({ pid, fields: stat.slice(stat.lastIndexOf(')') + 2).split(' ') }))
    .filter(({ fields }) => Number(fields[3]) === started.pid);
}

function read(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return null; // it ended meanwhile
  }
}

/** User and system time in seconds, of all of its processes that live. */
export function cpuSeconds(started) {
  return stats(started).reduce((sum, { fields }) => sum + Number(fields[11]) + Number(fields[12]), 0) / TICKS_A_SECOND;
}

/** Resident memory in MB, now and at its highest, summed over its processes. */
export function memory(started) {
  const texts = stats(started).map(({ pid }) => read(`/proc/${pid}/status`) ?? '');
  const sum = (field) =>
    texts.reduce((all, text) => all + Number(text.match(new RegExp(`^${field}:\\s+(\\d+) kB`, 'm'))?.[1] ?? 0), 0) / 1024;
  return { rss: sum('VmRSS'), peak: sum('VmHWM') };
}

/** Seconds that all cores together were busy since the machine started, stolen time included. */
export function machineSeconds() {
  const [user, nice, system, , , , , steal] = read('/proc/stat').split('\n')[0].split(/\s+/).slice(1).map(Number);
  return (user + nice + system + steal) / TICKS_A_SECOND;
}

/** Waits until it does nothing any more, but ten seconds at most: roll-ups and collections belong to the load before. */
export async function untilQuiet(started) {
  for (let i = 0, before = cpuSeconds(started); i < 40; i++) {
    await sleep(250);
    const now = cpuSeconds(started);
    if (now - before <= 0.01) {
      return;
    }
    before = now;
  }
}

/** Runs a command to its end; its output, and the CPU seconds it took. */
export async function run(name, command, log, env = {}) {
  const started = start(name, ['sh', '-c', '"$@"; code=$?; times >&2; exit $code', 'sh', ...command], log, { env, pipe: true });
  let output = '';
  started.child.stdin.end();
  started.child.stdout.setEncoding('utf8').on('data', (text) => (output += text));
  await new Promise((resolve) => started.child.on('close', resolve));
  running.delete(started);
  if (started.ended !== 'exit code 0') {
    throw new BenchError(`${name} failed (${started.ended}): ${output.trim()}\n${tail(started)}`);
  }
  const children = tail(started).split('\n').at(-1).split(' ');
  const cpu = children.reduce((sum, time) => sum + Number(time.split('m')[0]) * 60 + parseFloat(time.split('m')[1]), 0);
  return { output, cpu };
}

/** A port that nobody listens on. */
export function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer().on('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}
