import { expect, it } from 'vitest';
import { eventData } from './eventStream';

async function dataOf(...pieces: string[]): Promise<string[]> {
  const bytes = new TextEncoder();
  const stream = new ReadableStream<Uint8Array>({
    start(controller) {
      pieces.forEach((piece) => controller.enqueue(bytes.encode(piece)));
      controller.close();
    },
  });
  const all: string[] = [];
  for await (const data of eventData(stream)) all.push(data);
  return all;
}

it('finds the data whatever pieces it comes in', async () => {
  const text = ': comment\r\n\r\ndata: {"a":1}\r\n\r\nevent: x\ndata:{"b":"ü"}\n\ndata: [DONE]\n\n';
  const expected = ['{"a":1}', '{"b":"ü"}', '[DONE]'];
  expect(await dataOf(text)).toEqual(expected);
  expect(await dataOf(...Array.from(text))).toEqual(expected);
});
