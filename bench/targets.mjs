// What is measured: the upstreams, nginx, ModelGate, Portkey, and any other.
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { request as httpRequest, Agent } from 'node:http';
import { join } from 'node:path';
import { BenchError, freePort, start, stop, untilReady } from './processes.mjs';

export const BODY = JSON.stringify({
  model: 'bench',
  max_tokens: 200,
  messages: [
    { role: 'system', content: 'You are a helpful assistant.' },
    { role: 'user', content: 'Name three gates of Jerusalem and say in one sentence each what they are known for.' },
  ],
});

const ANSWER =
  'The Damascus Gate is the busiest, with a market at its foot. The Jaffa Gate is where travellers from the ' +
  'coast came in. The Golden Gate faces the Mount of Olives and has been walled up for centuries.';

/** A completion of 600 bytes. */
const COMPLETION = (() => {
  const completion = (padding) =>
    JSON.stringify({
      id: 'chatcmpl-bench',
      object: 'chat.completion',
      created: 1764000000,
      model: 'bench',
      choices: [{ index: 0, message: { role: 'assistant', content: ANSWER }, logprobs: null, finish_reason: 'stop' }],
      usage: { prompt_tokens: 36, completion_tokens: 47, total_tokens: 83 },
      system_fingerprint: `fp_${padding}`,
    });
  return completion('0'.repeat(600 - completion('').length));
})();

export const ADMIN_KEY = 'the-admin-key-of-the-bench';

/** One request over loopback: status and text; status 0 when nobody answers. */
export function ask(method, url, { headers = {}, body, agent } = {}) {
  return new Promise((resolve) => {
    const request = httpRequest(url, { method, headers, agent: agent ?? new Agent(), timeout: 30_000 }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (piece) => (text += piece));
      response.on('end', () => resolve({ status: response.statusCode, text }));
      response.on('error', (error) => resolve({ status: 0, text: error.message }));
    });
    request.on('timeout', () => request.destroy(new Error('no answer within 30 s')));
    request.on('error', (error) => resolve({ status: 0, text: error.message }));
    request.end(body);
  });
}

/** Calls once, and complains unless the upstream's completion comes back. */
export async function insistOnAnswer(target, agent) {
  const { status, text } = await ask('POST', target.url, { headers: target.headers, body: BODY, agent });
  let content;
  try {
    content = JSON.parse(text).choices[0].message.content;
  } catch {
    // Told below.
  }
  if (status !== 200 || content !== ANSWER) {
    throw new BenchError(`${target.name} does not serve the call: ${status} ${text.slice(0, 500)}`);
  }
}

/** A chat completion, as every client of OpenAI's sends it. */
function target(name, process, port, headers = {}, more = {}) {
  return {
    name,
    process,
    port,
    url: `http://127.0.0.1:${port}/v1/chat/completions`,
    headers: { 'Content-Type': 'application/json', Authorization: 'Bearer none', ...headers },
    ...more,
  };
}

/**
 * Two workers in each role, for there are two cores and the other parties may use both as well;
 * every connection is kept for good; nothing is logged. reuseport spreads connections over the
 * workers: without it one of them takes nearly all.
 */
async function nginx(name, folder, port, files, http) {
  mkdirSync(join(folder, name), { recursive: true });
  const config = join(folder, name, 'nginx.conf');
  writeFileSync(
    config,
    `daemon off;
worker_processes 2;
worker_rlimit_nofile ${files};
pid ${join(folder, name, 'nginx.pid')};
error_log stderr warn;
events { worker_connections ${Math.floor(files * 0.9)}; }
http {
  access_log off;
  keepalive_timeout 1h;
  keepalive_requests 1000000000;
  tcp_nodelay on;
  ${['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((kind) => `${kind}_temp_path ${join(folder, name, kind)};`).join(' ')}
${http}
}
`,
  );
  const started = start(name, ['nginx', '-c', config], join(folder, `${name}.log`));
  await untilReady(started, async () => (await ask('GET', `http://127.0.0.1:${port}/`)).status !== 0);
  return started;
}

/** Answers each request with the completion; what stands behind all others. */
export async function staticUpstream({ folder, files }) {
  const port = await freePort();
  const started = await nginx(
    'upstream',
    folder,
    port,
    files,
    `  server {
    listen 127.0.0.1:${port} reuseport backlog=4096;
    location / { default_type application/json; return 200 '${COMPLETION}'; }
  }`,
  );
  return target('direct', started, port);
}

/** nginx with proxy_pass: the limit, for it only forwards. */
export async function nginxProxy({ folder, files }, upstreamPort, name = 'nginx') {
  const port = await freePort();
  const started = await nginx(
    name,
    folder,
    port,
    files,
    `  upstream engine {
    server 127.0.0.1:${upstreamPort};
    keepalive 1024;
    keepalive_requests 1000000000;
    keepalive_timeout 1h;
  }
  server {
    listen 127.0.0.1:${port} reuseport backlog=4096;
    location / {
      proxy_pass http://engine;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_buffering off;
      proxy_read_timeout 5m;
    }
  }`,
  );
  return target('nginx', started, port);
}

/**
 * A ModelGate with all that it has switched on: a key with limits that count and never refuse,
 * durable usage, metrics, the access log into a file.
 *
 * @param options name, home (of a distribution or an image), javaOptions (words for its launcher)
 */
export async function modelGate(bench, upstreamPort, options) {
  const gate = await prepareModelGate(bench, upstreamPort, options);
  return target(options.name, await gate.start(), gate.port, gate.headers, { gate });
}

/**
 * The same, with model and key in its database, and not running.
 *
 * @return start(), which returns when it is healthy, and what is to be known to call it
 */
export async function prepareModelGate({ folder, javaHome }, upstreamPort, { name, home, javaOptions = '' }) {
  const own = join(folder, name);
  rmSync(own, { recursive: true, force: true });
  mkdirSync(own, { recursive: true });
  const port = await freePort();
  const env = {
    JAVA_HOME: javaHome,
    MG_SERVER_HOST: '127.0.0.1',
    MG_SERVER_PORT: String(port),
    MG_SERVER_MAX_CONNECTIONS: '100000',
    MG_DATABASE_PATH: join(own, 'data', 'modelgate.db'),
    MG_ADMIN_API_KEY: ADMIN_KEY,
    MG_ADAPTERS_VLLM_MAX_CONCURRENT: 'unlimited',
    MG_JAVA_OPTS: [process.env.MG_JAVA_OPTS ?? '', javaOptions].join(' ').trim(),
  };
  const gate = { name, port, health: `http://127.0.0.1:${port}/health` };
  gate.launch = () => start(name, [join(home, 'bin', 'modelgate'), 'serve'], join(folder, `${name}.log`), { cwd: own, env });
  gate.start = async () => {
    const started = gate.launch();
    await untilReady(started, async () => (await ask('GET', gate.health)).status === 200);
    return started;
  };
  gate.admin = async (method, path, fields) => {
    const { status, text } = await ask(method, `http://127.0.0.1:${port}/admin/api${path}`, {
      headers: { Authorization: `Bearer ${ADMIN_KEY}`, 'Content-Type': 'application/json' },
      body: fields && JSON.stringify(fields),
    });
    if (status < 200 || status > 299) {
      throw new BenchError(`${name}: ${method} ${path}: ${status} ${text}`);
    }
    return JSON.parse(text);
  };
  const started = await gate.start();
  await gate.admin('POST', '/models', { name: 'bench', backend: 'vllm', base_url: `http://127.0.0.1:${upstreamPort}` });
  const key = await gate.admin('POST', '/keys', {
    name: 'bench',
    rpm: 1_000_000,
    tpm: 1_000_000_000,
    max_concurrent: 1_000_000,
    quota_tokens: 9_007_199_254_740_991,
    quota_period: 'month',
  });
  gate.key = key.key;
  gate.headers = { Authorization: `Bearer ${key.key}` };
  await stop(started);
  return gate;
}

/** Portkey's gateway as it is started from npm: no cache, no keys of its own, no guardrails. */
export async function portkey({ folder, portkeyHome }, upstreamPort) {
  const gate = await preparePortkey({ folder, portkeyHome });
  const started = gate.launch();
  await untilReady(started, async () => (await ask('GET', gate.health)).status === 200);
  return target('portkey', started, gate.port, {
    'x-portkey-provider': 'openai',
    'x-portkey-custom-host': `http://127.0.0.1:${upstreamPort}/v1`,
  });
}

export async function preparePortkey({ folder, portkeyHome }) {
  const port = await freePort();
  const command = [
    process.execPath,
    '--import',
    join(import.meta.dirname ?? new URL('.', import.meta.url).pathname, 'loopback.mjs'),
    join(portkeyHome, 'node_modules/@portkey-ai/gateway/build/start-server.js'),
    '--headless',
    `--port=${port}`,
  ];
  const env = { NODE_ENV: 'production' };
  return {
    name: 'portkey',
    port,
    health: `http://127.0.0.1:${port}/`,
    launch: () => start('portkey', command, join(folder, 'portkey.log'), { env }),
  };
}

/**
 * Any other gateway, from BENCH_OTHER: "name|command|url|header: value|…". The command finds the
 * upstream's address in UPSTREAM (http://127.0.0.1:PORT/v1), and so does the header.
 */
export async function other({ folder }, upstreamPort, description) {
  const [name, command, url, ...headers] = description.split('|').map((part) => part.trim());
  if (!name || !command || !/^http:\/\/127\.0\.0\.1:\d+\//.test(url ?? '')) {
    throw new BenchError(`BENCH_OTHER wants "name|command|http://127.0.0.1:PORT/path|header: value|…", not "${description}"`);
  }
  const upstream = `http://127.0.0.1:${upstreamPort}/v1`;
  const started = start(name, ['sh', '-c', command], join(folder, `${name}.log`), { env: { UPSTREAM: upstream } });
  const entries = headers.map((line) => {
    const colon = line.indexOf(':');
    return [line.slice(0, colon).trim(), line.slice(colon + 1).trim().replaceAll('$UPSTREAM', upstream)];
  });
  const gate = { ...target(name, started, Number(new URL(url).port), Object.fromEntries(entries)), url };
  await untilReady(
    started,
    async () => (await ask('POST', url, { headers: gate.headers, body: BODY })).status === 200,
    { pause: 200, patience: 120_000 },
  );
  return gate;
}
