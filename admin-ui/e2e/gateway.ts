import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import OpenAI from 'openai';
import createClient from 'openapi-fetch';
import type { components, paths } from '../src/generated/api';
import { startEngine, type Engine } from './engine';

const LAUNCHER = join(import.meta.dirname, '../../bootstrap/target/modelgate/bin/modelgate');
const NOBODY_THERE = 'http://127.0.0.1:9';

export type KeyFields = components['schemas']['KeyFields'];
export interface IssuedKey {
  id: string;
  name: string;
  key: string;
}

/** The program as it is shipped, with SQLite, the echo model and one engine; in a folder of its own. */
export class Gateway {
  private constructor(
    private readonly process: ChildProcess,
    private readonly folder: string,
    private readonly engine: Engine,
    /** Where it listens, without a path. */
    readonly url: string,
  ) {}

  static async start(): Promise<Gateway> {
    const folder = await mkdtemp(join(tmpdir(), 'modelgate-e2e-'));
    const engine = await startEngine();
    const environment = Object.entries(process.env).filter(([name]) => !name.startsWith('MG_'));
    const gateway = spawn(LAUNCHER, ['serve'], {
      cwd: folder,
      env: {
        ...Object.fromEntries(environment),
        MG_SERVER_HOST: '127.0.0.1',
        MG_SERVER_PORT: '0',
        MG_DEMO: 'true',
        MG_ADAPTERS_VLLM_BASE_URL: engine.url,
        MG_ADAPTERS_OLLAMA_BASE_URL: NOBODY_THERE,
        MG_ADAPTERS_LLAMACPP_BASE_URL: NOBODY_THERE,
        MG_ADAPTERS_OPENAI_BASE_URL: NOBODY_THERE,
      },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const said: string[] = [];
    const lines = createInterface(gateway.stdout);
    for await (const line of lines) {
      said.push(line);
      const listening = /listens on (http:\/\/127\.0\.0\.1:\d+)/.exec(line);
      if (listening?.[1] !== undefined) {
        gateway.stdout.resume();
        return new Gateway(gateway, folder, engine, listening[1]);
      }
    }
    engine.stop();
    throw new Error(`the gateway ended without listening; it said:\n${said.join('\n')}`);
  }

  async stop(): Promise<void> {
    this.process.kill('SIGKILL');
    if (this.process.exitCode === null && this.process.signalCode === null) await once(this.process, 'exit');
    this.engine.stop();
    await rm(this.folder, { recursive: true });
  }

  /** Where an administrator finds it after the first start. */
  adminKey(): string {
    return readFileSync(join(this.folder, 'data/admin-key'), 'utf8').trim();
  }

  /** The admin API, as a script of the administrator's calls it. */
  admin() {
    return createClient<paths>({
      baseUrl: `${this.url}/admin/api`,
      headers: { Authorization: `Bearer ${this.adminKey()}` },
    });
  }

  async createKey(name: string, fields: Omit<KeyFields, 'name'> = {}): Promise<IssuedKey> {
    const { data, error } = await this.admin().POST('/keys', { body: { name, ...fields } });
    if (data === undefined) throw new Error(`no key: ${JSON.stringify(error)}`);
    return data as IssuedKey;
  }

  /** OpenAI's own client; it does not try again, so that each call is one. */
  client(apiKey: string): OpenAI {
    return new OpenAI({ baseURL: `${this.url}/v1`, apiKey, maxRetries: 0 });
  }

  /** @returns what the model said */
  async say(apiKey: string, content: string, model = 'echo'): Promise<string | null | undefined> {
    const reply = await this.client(apiKey).chat.completions.create({
      model,
      messages: [{ role: 'user', content }],
    });
    return reply.choices[0]?.message.content;
  }
}
