import assert from 'node:assert/strict';
import { test } from 'node:test';
import OpenAI from 'openai';
import { chat, client, clientWith, collected, keys } from './gateway.mjs';

async function failure(call, type) {
  let caught;
  try {
    await call;
  } catch (error) {
    caught = error;
  }
  assert.ok(caught, 'the call fails');
  assert.ok(caught instanceof type, `${caught} is a ${type.name}, not a ${caught.constructor.name}`);
  return caught;
}

const asked = (model, more) => client.chat.completions.create(chat(model, more));

test('learns that its key is wrong', async () => {
  const stranger = clientWith('sk-mg-0123456789012345678901234567890123456789012');
  const refused = await failure(
    stranger.chat.completions.create(chat('echo')),
    OpenAI.AuthenticationError,
  );
  assert.equal(refused.status, 401);
  assert.equal(refused.code, 'invalid_api_key');
  assert.ok(refused.requestID);
  await failure(stranger.models.list(), OpenAI.AuthenticationError);
});

test('learns that its key was disabled', async () => {
  const refused = await failure(
    clientWith(keys.disabled).chat.completions.create(chat('echo')),
    OpenAI.AuthenticationError,
  );
  assert.equal(refused.code, 'invalid_api_key');
  assert.match(refused.message, /disabled/);
});

test('learns that its quota is used up', async () => {
  const refused = await failure(
    clientWith(keys.poor).chat.completions.create(chat('echo')),
    OpenAI.RateLimitError,
  );
  assert.equal(refused.code, 'insufficient_quota');
});

test('learns that there is no such model', async () => {
  const refused = await failure(asked('no/such-model'), OpenAI.NotFoundError);
  assert.equal(refused.code, 'model_not_found');
  assert.equal(refused.param, 'model');
  assert.match(refused.message, /no\/such-model/);
  const unknown = await failure(client.models.retrieve('no/such-model'), OpenAI.NotFoundError);
  assert.equal(unknown.code, 'model_not_found');
});

test('learns which field is wrong', async () => {
  const refused = await failure(asked('echo', { n: 'many' }), OpenAI.BadRequestError);
  assert.equal(refused.param, 'n');
  assert.equal(refused.type, 'invalid_request_error');
});

test('learns that its request is too large', async () => {
  const large = chat('echo', { messages: [{ role: 'user', content: 'x'.repeat(6 << 20) }] });
  const refused = await failure(client.chat.completions.create(large), OpenAI.APIError);
  assert.equal(refused.status, 413);
  assert.match(refused.message, /too large.*5242880 bytes/);
});

for (const [status, type, expected] of [
  [400, OpenAI.BadRequestError, 400],
  [404, OpenAI.NotFoundError, 404],
  [409, OpenAI.ConflictError, 409],
  [422, OpenAI.UnprocessableEntityError, 422],
  [429, OpenAI.RateLimitError, 429],
  [500, OpenAI.InternalServerError, 502],
  [503, OpenAI.InternalServerError, 503],
]) {
  test(`hears the engine's own ${status}, streamed or not`, async () => {
    for (const stream of [false, true]) {
      const failed = await failure(asked(`status-${status}`, { stream }), type);
      assert.equal(failed.status, expected);
      assert.match(failed.message, new RegExp(`the engine says ${status}`));
      assert.equal(typeof failed.type, 'string');
    }
  });
}

test('is told when to come back to a busy engine', async () => {
  const busy = await failure(asked('status-429'), OpenAI.RateLimitError);
  assert.equal(busy.code, 'rate_limit_exceeded');
  assert.equal(busy.headers.get('retry-after'), '7');
});

for (const status of [401, 403]) {
  test(`does not take the gateway's ${status} from an engine for its own`, async () => {
    const failed = await failure(asked(`status-${status}`), OpenAI.InternalServerError);
    assert.equal(failed.status, 502);
    assert.equal(failed.code, 'upstream_auth_failed');
    assert.doesNotMatch(failed.message, /the engine says/);
  });
}

test('recognises a prompt that is too long', async () => {
  const refused = await failure(asked('overflow'), OpenAI.BadRequestError);
  assert.equal(refused.code, 'context_length_exceeded');
});

test('learns that nothing answers for a model', async () => {
  const failed = await failure(asked('nobody-home'), OpenAI.InternalServerError);
  assert.equal(failed.status, 502);
  assert.equal(failed.code, 'upstream_unavailable');
});

for (const [model, code] of [
  ['cut', 'upstream_cut_off'],
  ['unfinished', 'upstream_cut_off'],
  ['silent', 'upstream_timeout'],
]) {
  test(`never takes a stream that is ${model} for a whole one`, async () => {
    const chunks = [];
    const read = async () => {
      for await (const chunk of await asked(model, { stream: true })) {
        chunks.push(chunk);
      }
    };
    const broken = await failure(read(), OpenAI.APIError);
    assert.equal(broken.code, code);
    assert.ok(chunks.length > 0, 'what came before the break');
  });
}

test('hears of an error in the middle of a stream', async () => {
  const chunks = (await asked('error-later', { stream: true }))[Symbol.asyncIterator]();
  assert.equal((await chunks.next()).done, false);
  await asked('go-on');
  const rest = async () => {
    while (!(await chunks.next()).done);
  };
  const broken = await failure(rest(), OpenAI.APIError);
  assert.equal(broken.code, 'upstream_error');
  assert.match(broken.message, /peg-native/);
});

test('gets a status when a stream fails before anything of it was sent', async () => {
  const failed = await failure(asked('error-event', { stream: true }), OpenAI.InternalServerError);
  assert.equal(failed.status, 502);
  assert.equal(failed.code, 'upstream_error');
});

test('comes back by itself to a busy engine', async () => {
  const before = performance.now();
  const reply = await clientWith(keys.good, 1).chat.completions.create(chat('busy-once'));
  assert.ok(reply.choices[0].message.content.length > 0);
  assert.ok(performance.now() - before > 950, 'it waits as Retry-After asks');
});

test('collects nothing from a stream that was refused', async () => {
  await failure(asked('no/such-model', { stream: true }).then(collected), OpenAI.NotFoundError);
});
