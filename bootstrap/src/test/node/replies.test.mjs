import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chat, client, collected } from './gateway.mjs';

const text = (chunks) => chunks.map((chunk) => chunk.choices[0]?.delta.content ?? '').join('');
const weather = {
  type: 'function',
  function: {
    name: 'get_weather',
    parameters: { type: 'object', properties: { city: { type: 'string' } } },
  },
};

test('gets the same chat from the echo whole and streamed', async () => {
  const whole = await client.chat.completions.create(chat('echo'));
  assert.equal(whole.model, 'echo');
  assert.match(whole.choices[0].message.content, /Tell me more/);
  assert.equal(whole.choices[0].finish_reason, 'stop');
  assert.ok(whole.usage.total_tokens > 0);
  assert.ok(whole._request_id);

  const chunks = await collected(
    await client.chat.completions.create(chat('echo', { stream: true })),
  );
  assert.ok(chunks.length > 3);
  assert.equal(text(chunks), whole.choices[0].message.content);
  assert.ok(chunks.every((chunk) => !chunk.usage));
});

test('gets a whole chat from an engine', async () => {
  const reply = await client.chat.completions.create(chat('tiny'));
  assert.match(reply.choices[0].message.content, /^ part0 many can take/);
  assert.equal(reply.usage.completion_tokens, 16);
  assert.ok(reply.timings, "the engine's own fields come through");
});

test('gets a streamed chat from an engine without the usage it did not ask for', async () => {
  const chunks = await collected(
    await client.chat.completions.create(chat('tiny', { stream: true })),
  );
  assert.equal(text(chunks), ' part0 many can take many take she');
  assert.ok(chunks.every((chunk) => chunk.choices.length === 1 && !chunk.usage));
});

for (const model of ['tiny', 'echo']) {
  test(`gets the usage of a stream when it asks ${model}`, async () => {
    const asking = chat(model, { stream: true, stream_options: { include_usage: true } });
    const chunks = await collected(await client.chat.completions.create(asking));
    assert.deepEqual(chunks.at(-1).choices, []);
    assert.ok(chunks.at(-1).usage.completion_tokens > 0);
    assert.ok(chunks.slice(0, -1).every((chunk) => !chunk.usage));
  });

  test(`gets a legacy completion from ${model}, whole and streamed`, async () => {
    const asking = { model, prompt: 'Once upon a time' };
    const whole = await client.completions.create(asking);
    assert.equal(whole.object, 'text_completion');
    assert.ok(whole.choices[0].text.length > 0);
    assert.ok(whole.usage.total_tokens > 0);

    const chunks = await collected(await client.completions.create({ ...asking, stream: true }));
    assert.ok(chunks.length > 2);
    assert.ok(chunks.map((chunk) => chunk.choices[0].text).join('').length > 0);
    assert.match(chunks.at(-1).choices[0].finish_reason, /^(stop|length)$/);
  });
}

test('sees only its own name of a model that has another at the engine', async () => {
  const whole = await client.chat.completions.create(chat('acme/tiny:latest'));
  assert.equal(whole.model, 'acme/tiny:latest');
  const chunks = await collected(
    await client.chat.completions.create(chat('acme/tiny:latest', { stream: true })),
  );
  assert.ok(chunks.length > 3);
  assert.ok(chunks.every((chunk) => chunk.model === 'acme/tiny:latest'));
});

test('calls a tool from a whole reply', async () => {
  const reply = await client.chat.completions.create(chat('tools', { tools: [weather] }));
  assert.equal(reply.choices[0].finish_reason, 'tool_calls');
  const [call] = reply.choices[0].message.tool_calls;
  assert.equal(call.function.name, 'get_weather');
  assert.deepEqual(JSON.parse(call.function.arguments), { city: 'Rome', unit: 'c' });
});

test('puts a streamed tool call together', async () => {
  const stream = client.chat.completions.stream(chat('tools', { tools: [weather] }));
  const reply = await stream.finalChatCompletion();
  assert.equal(reply.choices[0].finish_reason, 'tool_calls');
  const [call] = reply.choices[0].message.tool_calls;
  assert.equal(call.id, 'lmaL0xkXjSfIehDLwpM7qBdTV7RWomHR');
  assert.equal(call.function.name, 'get_weather');
  assert.equal(JSON.parse(call.function.arguments).city, 'Rome');
});

test('lists the models', async () => {
  const ids = (await collected(client.models.list())).map((model) => model.id);
  for (const id of ['echo', 'tiny', 'acme/tiny:latest']) {
    assert.ok(ids.includes(id), `${id} is in ${ids}`);
  }
});

for (const id of ['echo', 'acme/tiny:latest']) {
  test(`retrieves the model ${id}`, async () => {
    const model = await client.models.retrieve(id);
    assert.equal(model.id, id);
    assert.equal(model.object, 'model');
  });
}
