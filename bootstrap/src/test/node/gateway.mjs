// What the tests share: a client for the gateway that NodeSdkIT started.
import OpenAI from 'openai';

function setting(name) {
  const value = process.env[name];
  if (!value) {
    throw new Error(`${name} is not set: these tests are started by NodeSdkIT`);
  }
  return value;
}

const baseURL = setting('MODELGATE_URL') + '/v1';
export const keys = {
  good: setting('MODELGATE_KEY'),
  disabled: setting('MODELGATE_DISABLED_KEY'),
  poor: setting('MODELGATE_POOR_KEY'),
};

export function clientWith(apiKey, maxRetries = 0) {
  return new OpenAI({ baseURL, apiKey, maxRetries });
}

export const client = clientWith(keys.good);

export function chat(model, more = {}) {
  return { model, messages: [{ role: 'user', content: 'Tell me more' }], ...more };
}

export async function collected(stream) {
  const chunks = [];
  for await (const chunk of stream) {
    chunks.push(chunk);
  }
  return chunks;
}
