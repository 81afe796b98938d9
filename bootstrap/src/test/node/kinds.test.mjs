// Every kind of backend behind the gateway; DialectEngine plays each.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import OpenAI from 'openai';
import { chat, client } from './gateway.mjs';

const look = {
  type: 'function',
  function: { name: 'look', parameters: { type: 'object', properties: { x: { type: 'integer' } } } },
};

for (const kind of ['vllm', 'llamacpp', 'openai', 'api3', 'ollama']) {
  const ok = `${kind}/ok`;

  test(`${kind}: gets a chat, whole and streamed`, async () => {
    const whole = await client.chat.completions.create(chat(ok));
    assert.equal(whole.choices[0].message.content, 'Hi');
    assert.equal(whole.model, ok);
    assert.equal(whole.usage.total_tokens, 9);

    const final = await client.chat.completions.stream(chat(ok)).finalChatCompletion();
    assert.equal(final.choices[0].message.content, 'Hi');
    assert.equal(final.choices[0].finish_reason, 'stop');
  });

  test(`${kind}: gets usage in a stream when it asks, and only then`, async () => {
    for (const include_usage of [true, false]) {
      const stream = await client.chat.completions.create(
        chat(ok, { stream: true, stream_options: { include_usage } }),
      );
      const counts = [];
      for await (const chunk of stream) {
        if (chunk.usage) counts.push(chunk.usage.total_tokens);
      }
      assert.deepEqual(counts, include_usage ? [9] : []);
    }
  });

  test(`${kind}: gets a tool call, whole and streamed`, async () => {
    const whole = await client.chat.completions.create(chat(ok, { tools: [look] }));
    const final = await client.chat.completions
      .stream(chat(ok, { tools: [look] }))
      .finalChatCompletion();
    for (const reply of [whole, final]) {
      const [call] = reply.choices[0].message.tool_calls;
      assert.equal(reply.choices[0].finish_reason, 'tool_calls');
      assert.equal(call.function.name, 'look');
      assert.deepEqual(JSON.parse(call.function.arguments), { x: 1 });
      assert.ok(call.id);
    }
  });

  test(`${kind}: gets embeddings, in the SDK's own format and in floats`, async () => {
    const own = await client.embeddings.create({ model: ok, input: 'Tell me more' });
    const floats = await client.embeddings.create({
      model: ok,
      input: ['Tell me more'],
      encoding_format: 'float',
    });
    for (const reply of [own, floats]) {
      assert.deepEqual(Array.from(reply.data[0].embedding), [0.5, -1.25]);
      assert.equal(reply.usage.prompt_tokens, 7);
    }
  });

  test(`${kind}: learns that a prompt is too long`, async () => {
    await assert.rejects(client.chat.completions.create(chat(`${kind}/too-long`)), (error) => {
      assert.ok(error instanceof OpenAI.BadRequestError);
      assert.equal(error.code, 'context_length_exceeded');
      return true;
    });
  });

  test(`${kind}: learns that an engine died inside its stream`, async () => {
    await assert.rejects(async () => {
      const stream = await client.chat.completions.create(chat(`${kind}/dies`, { stream: true }));
      for await (const _ of stream);
    }, OpenAI.APIError);
  });
}
