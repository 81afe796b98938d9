import { ApiError, authorizedFetch, refusal, unreachable } from '../../lib/api';
import { eventData } from '../../lib/eventStream';

export interface Message {
  role: 'system' | 'user' | 'assistant';
  content: string;
}

export interface ChatRequest {
  model: string;
  messages: Message[];
  temperature?: number;
  max_tokens?: number;
}

/** What is measured of one reply, in milliseconds. */
export interface Measured {
  firstTokenMs: number | null;
  totalMs: number;
  promptTokens: number | null;
  completionTokens: number | null;
  headers: [name: string, value: string][];
}

interface Chunk {
  choices?: {
    delta?: { content?: string | null; reasoning_content?: string | null; reasoning?: string | null };
  }[];
  usage?: { prompt_tokens: number; completion_tokens: number } | null;
  error?: { message?: string };
}

/**
 * Streams one reply.
 *
 * @param onText each piece, as it comes
 * @returns when the reply has ended, or was stopped by the signal
 */
export async function chat(
  request: ChatRequest,
  signal: AbortSignal,
  onText: (piece: string) => void,
): Promise<Measured> {
  const start = performance.now();
  const measured: Measured = {
    firstTokenMs: null,
    totalMs: 0,
    promptTokens: null,
    completionTokens: null,
    headers: [],
  };
  try {
    const response = await authorizedFetch(
      new Request('/admin/api/playground/chat/completions', {
        method: 'POST',
        headers: { 'Content-Type': 'application/json' },
        body: JSON.stringify({ ...request, stream: true, stream_options: { include_usage: true } }),
        signal,
      }),
    );
    measured.headers = [...response.headers];
    if (!response.ok || response.body === null) {
      throw refusal(response, await response.json().catch(() => undefined));
    }
    for await (const data of eventData(response.body)) {
      if (data === '[DONE]') break;
      const chunk = JSON.parse(data) as Chunk;
      if (chunk.error !== undefined) {
        throw new ApiError(chunk.error.message ?? 'The reply broke off', response.status, null, null);
      }
      const delta = chunk.choices?.[0]?.delta;
      const piece = delta?.content ?? delta?.reasoning_content ?? delta?.reasoning ?? '';
      if (piece !== '') {
        measured.firstTokenMs ??= performance.now() - start;
        onText(piece);
      }
      if (chunk.usage != null) {
        measured.promptTokens = chunk.usage.prompt_tokens;
        measured.completionTokens = chunk.usage.completion_tokens;
      }
    }
  } catch (error) {
    if (!signal.aborted) throw error instanceof TypeError ? unreachable() : error;
  }
  measured.totalMs = performance.now() - start;
  return measured;
}

/** Tokens a second after the first; null when it cannot be told. */
export function speed({ completionTokens, firstTokenMs, totalMs }: Measured): number | null {
  if (completionTokens === null || firstTokenMs === null || totalMs <= firstTokenMs) return null;
  return (completionTokens / (totalMs - firstTokenMs)) * 1000;
}
