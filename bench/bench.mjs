// make bench: measures ModelGate beside what it can be compared with, all in one run on loopback.
// docs/performance.md tells how, and what the variables BENCH_… do.
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, release, totalmem } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { measureStarts } from './coldstart.mjs';
import { measureHttp } from './http.mjs';
import { BenchError, killAll, stopAll } from './processes.mjs';
import { plot, report } from './report.mjs';
import { measureStreams } from './streams.mjs';

const PARTS = { http: measureHttp, streams: measureStreams, start: measureStarts };

const here = dirname(fileURLToPath(import.meta.url));
const root = dirname(here);
const output = join(root, 'target/bench');
const env = process.env;

const list = (text) => (text ?? '').split(',').map((word) => word.trim()).filter((word) => word !== '');
const numbers = (name, normally) => {
  const given = env[name] ? list(env[name]).map(Number) : normally;
  if (given.length === 0 || given.some((number) => !Number.isInteger(number) || number < 1)) {
    throw new BenchError(`${name} wants whole numbers from 1 on, separated by commas, not "${env[name]}"`);
  }
  return given;
};
const number = (name, normally) => numbers(name, [normally])[0];

/** All that the parts need to know. */
function settings() {
  const quick = env.BENCH_QUICK === '1';
  const only = list(env.BENCH_TARGETS);
  const builds = list(env.BENCH_BUILDS ?? `modelgate=${join(root, 'bootstrap/target/modelgate')}`).map((build) => {
    const [name, home] = build.split('=');
    if (!home || !existsSync(join(home, 'bin/modelgate'))) {
      throw new BenchError(`BENCH_BUILDS wants name=folder,… with bin/modelgate in each folder, not "${build}"`);
    }
    return { name, home: resolve(home) };
  });
  return {
    quick,
    parts: list(env.BENCH_ONLY ?? 'http,streams,start'),
    passes: number('BENCH_PASSES', quick ? 1 : 5),
    starts: number('BENCH_PASSES', quick ? 2 : 5),
    seconds: number('BENCH_SECONDS', quick ? 2 : 8),
    warmUp: quick ? 6 : 25,
    connections: numbers('BENCH_CONNECTIONS', [1, 16, 64, 256]),
    streams: numbers('BENCH_STREAMS', quick ? [100, 1_000] : [100, 1_000, 2_500, 5_000]),
    builds,
    wants: (name) => only.length === 0 || only.includes(name),
    others: (env.BENCH_OTHER ?? '').split('\n').filter((line) => line.trim() !== ''),
    cores: cpus().length,
  };
}

function insistOnTools() {
  const missing = ['wrk', 'nginx', 'getconf'].filter((tool) => spawnSync('sh', ['-c', `command -v ${tool}`]).status !== 0);
  if (missing.length > 0) {
    throw new BenchError(`this needs ${missing.join(' and ')}: apt-get install wrk nginx`);
  }
}

/** How many files one process may have open: a gateway has two for each stream. */
function openFiles(streams) {
  const files = Number(spawnSync('sh', ['-c', 'ulimit -Hn'], { encoding: 'utf8' }).stdout.trim().replace('unlimited', '1048576'));
  const needed = 2 * Math.max(...streams, 256) + 500;
  if (files < needed) {
    throw new BenchError(`${needed} open files are needed and ${files} allowed: raise the hard limit (ulimit -Hn, as root), or set BENCH_STREAMS to fewer`);
  }
  return Math.min(files, 100_000);
}

function mustRun(command, options) {
  const { status, stdout, stderr, error } = spawnSync(command[0], command.slice(1), { encoding: 'utf8', ...options });
  if (status !== 0) {
    throw new BenchError(`${command.slice(0, 3).join(' ')} … failed: ${error?.message ?? ''}${stdout}${stderr}`);
  }
  return `${stdout}${stderr}`.trim();
}

/** Our Java programs, and the agent that takes usage out. */
function compile(javaHome, classes) {
  mkdirSync(classes, { recursive: true });
  const sources = ['PacedUpstream', 'StreamClient', 'OneConnection', 'UsageOff'].map((name) => join(here, 'java', `${name}.java`));
  mustRun([join(javaHome, 'bin/javac'), '-Xlint:all', '-Werror', '-d', classes, ...sources]);
  const manifest = join(classes, 'usage-off.txt');
  writeFileSync(manifest, 'Premain-Class: UsageOff\n');
  const own = ['UsageOff.class', 'UsageOff$1.class'].flatMap((file) => ['-C', classes, file]);
  mustRun([join(javaHome, 'bin/jar'), '--create', '--file', join(classes, 'usage-off.jar'), '--manifest', manifest, ...own]);
}

/** Portkey, as the committed lock file has it. */
function installPortkey(home) {
  const lock = readFileSync(join(here, 'peers/package-lock.json'));
  const installed = join(home, 'package-lock.json');
  if (existsSync(join(home, 'node_modules')) && existsSync(installed) && readFileSync(installed).equals(lock)) {
    return;
  }
  console.log('Installing Portkey from npm, once.');
  rmSync(home, { recursive: true, force: true });
  cpSync(join(here, 'peers'), home, { recursive: true });
  mustRun(['npm', 'ci', '--ignore-scripts', '--no-fund', '--no-audit'], { cwd: home });
}

function machine() {
  const osRelease = existsSync('/etc/os-release') ? readFileSync('/etc/os-release', 'utf8') : '';
  return {
    cpu: cpus()[0].model,
    cores: cpus().length,
    memoryGb: Math.round(totalmem() / 2 ** 30),
    system: `${osRelease.match(/^PRETTY_NAME="(.*)"/m)?.[1] ?? process.platform}, Linux ${release()}`,
    loadBefore: loadavg()[0],
  };
}

function versions(bench) {
  const line = (command) => mustRun(['sh', '-c', command]).split('\n')[0];
  return {
    modelgate: line(`git -C '${root}' describe --always --dirty 2>/dev/null || echo unknown`),
    java: line(`'${bench.javaHome}/bin/java' -version 2>&1 | sed -n 3p`),
    nginx: line('nginx -v 2>&1'),
    wrk: line('wrk --version || true').split(' Copyright')[0],
    node: process.version,
    portkey: JSON.parse(readFileSync(join(here, 'peers/package.json'))).dependencies['@portkey-ai/gateway'],
  };
}

async function main() {
  const bench = settings();
  const unknown = bench.parts.filter((part) => !PARTS[part]);
  if (unknown.length > 0 || bench.parts.length === 0) {
    throw new BenchError(`BENCH_ONLY knows ${Object.keys(PARTS).join(', ')}, not "${unknown}"`);
  }
  insistOnTools();
  const folder = join(output, 'run');
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const javaHome = mustRun([join(root, '.ci/find-jdk')]);
  const classes = join(output, 'classes');
  const failures = [];
  Object.assign(bench, {
    root,
    folder,
    javaHome,
    classes,
    files: openFiles(bench.parts.includes('streams') ? bench.streams : [256]),
    portkeyHome: join(output, 'portkey'),
    java: [join(javaHome, 'bin/java'), '-XX:+UseSerialGC', '-Xms256m', '-Xshare:auto', '-cp', classes],
    file: (name) => join(here, name),
    say: (text) => console.log(`${new Date().toTimeString().slice(0, 8)}  ${text}`),
    failed: (text) => {
      failures.push(text);
      console.error(`FAILED: ${text}`);
    },
  });
  compile(javaHome, classes);
  if (bench.wants('portkey') && bench.parts.some((part) => part !== 'streams')) {
    installPortkey(bench.portkeyHome);
  }

  const { parts, passes, starts, seconds, warmUp, quick, builds } = bench;
  const results = {
    began: new Date().toISOString(),
    machine: machine(),
    versions: versions(bench),
    settings: { parts, passes, starts, seconds, warmUp, quick, builds: builds.map(({ name }) => name), javaOptions: env.MG_JAVA_OPTS ?? '' },
    failures,
  };
  if (results.machine.loadBefore > 0.5) {
    bench.say(`the machine is busy already (load ${results.machine.loadBefore.toFixed(1)}): these figures will be good for comparisons at best`);
  }
  const keep = () => {
    results.ended = new Date().toISOString();
    writeFileSync(join(output, 'results.json'), `${JSON.stringify(results, null, 1)}\n`);
    writeFileSync(join(output, 'report.md'), report(results));
    writeFileSync(join(output, 'plot.svg'), plot(results));
  };
  try {
    for (const part of parts) {
      results[part] = { runs: [] };
      results[part] = await PARTS[part](bench);
      keep();
    }
  } catch (error) {
    failures.push(error.message);
    throw error;
  } finally {
    keep();
    console.log(`\n${report(results)}\nresults.json, report.md and plot.svg are in ${output}`);
  }
  return failures.length === 0 ? 0 : 1;
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.on(signal, () => {
    killAll();
    console.error(`\nstopped by ${signal}, with all that was started`);
    process.exit(130);
  });
}
try {
  process.exitCode = await main();
} catch (error) {
  console.error(error instanceof BenchError ? `make bench: ${error.message}` : error);
  process.exitCode = 1;
} finally {
  await stopAll();
  if (process.exitCode === 0) {
    rmSync(join(output, 'run'), { recursive: true, force: true }); // after a failure, what the processes said stays
  }
  process.exit();
}
