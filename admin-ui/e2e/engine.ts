import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import type { AddressInfo } from 'node:net';

/** What the engine offers; the last one always fails. */
export const ENGINE_MODELS = ['Qwen/Qwen3-8B', 'mistral-small', 'out-of-memory'] as const;

export interface Engine {
  url: string;
  stop: () => void;
}

/** A backend as vLLM is seen from outside: a list of models, and replies of six tokens. */
export async function startEngine(): Promise<Engine> {
  const server = createServer((request, reply) => {
    if (request.url === '/v1/models') {
      json(reply, 200, {
        object: 'list',
        data: ENGINE_MODELS.map((id) => ({ id, object: 'model', created: 1, owned_by: 'vllm' })),
      });
    } else if (request.url === '/health') {
      json(reply, 200, {});
    } else {
      void text(request).then((body) => {
        const { model, stream } = JSON.parse(body) as { model: string; stream?: boolean };
        if (model === 'out-of-memory') {
          json(reply, 500, { error: { message: 'CUDA out of memory', type: 'server_error', code: 500 } });
        } else if (stream === true) {
          streamed(reply, model);
        } else {
          json(reply, 200, completion(model));
        }
      });
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    stop: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

const USAGE = { prompt_tokens: 4, completion_tokens: 2, total_tokens: 6 };
const WORDS = ['Good ', 'day.'];

function completion(model: string) {
  const message = { role: 'assistant', content: WORDS.join('') };
  return {
    id: 'chatcmpl-1',
    object: 'chat.completion',
    created: 1,
    model,
    choices: [{ index: 0, message, finish_reason: 'stop' }],
    usage: USAGE,
  };
}

function streamed(reply: ServerResponse, model: string) {
  reply.writeHead(200, { 'content-type': 'text/event-stream' });
  const event = (fields: object) => {
    const chunk = { id: 'chatcmpl-1', object: 'chat.completion.chunk', created: 1, model, ...fields };
    reply.write(`data: ${JSON.stringify(chunk)}\n\n`);
  };
  for (const content of WORDS) {
    event({ choices: [{ index: 0, delta: { content }, finish_reason: null }] });
  }
  event({ choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] });
  event({ choices: [], usage: USAGE });
  reply.end('data: [DONE]\n\n');
}

function json(reply: ServerResponse, status: number, body: object) {
  reply.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}
