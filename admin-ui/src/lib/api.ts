import createClient from 'openapi-fetch';
import type { components, paths } from '../generated/api';
import { csrfToken, renewSession, sessionChanged } from './session';

type Schemas = components['schemas'];
export type Key = Schemas['Key'];
export type KeyFields = Schemas['KeyFields'];
export type NewKey = Key & Schemas['NewKey'];
export type Model = Schemas['Model'];
export type ModelFields = Schemas['ModelFields'];
export type TargetFields = Schemas['TargetFields'];
export type BackendKind = Schemas['BackendKind'];
export type Backend = Schemas['Backend'];
export type Health = Schemas['Health'];
export type Sums = Schemas['Sums'];
export type Group = Schemas['Group'];
export type Point = Schemas['Point'];
export type Call = Schemas['Request'];
export type Attempt = Schemas['Attempt'];
export type Outcome = Schemas['Outcome'];
export type Change = Schemas['Change'];
export type Allowance = Schemas['Allowance'];
export type Me = Schemas['Me'];

export const BACKEND_KINDS = ['ollama', 'vllm', 'llamacpp', 'openai', 'api3', 'echo'] as const;

const BASE = '/admin/api';

/** What the gateway answered instead of what was asked for; its message says what to do. */
export class ApiError extends Error {
  constructor(
    message: string,
    /** The HTTP status; 0 when no answer came. */
    readonly status: number,
    /** The field or query parameter that was wrong. */
    readonly param: string | null,
    /** When it may be tried again. */
    readonly retryAfterSeconds: number | null,
  ) {
    super(message);
  }
}

/**
 * Sends with the session's CSRF token. An answer 401 waits for a new login, then sends once more; so does
 * one that says that the token is another one now, for somebody has logged in again in another tab.
 */
export async function authorizedFetch(request: Request): Promise<Response> {
  const again = request.clone();
  const reply = await fetch(withCsrfToken(request));
  if (reply.status === 401) await renewSession();
  else if (!(await isOldToken(reply)) || !(await takeSession())) return reply;
  return fetch(withCsrfToken(again));
}

async function isOldToken(reply: Response): Promise<boolean> {
  if (reply.status !== 403) return false;
  const body = (await reply
    .clone()
    .json()
    .catch(() => null)) as { error?: { code?: string | null } } | null;
  return body?.error?.code === 'csrf_token';
}

/** The session that the browser has now; whether it is of the same holder. Else the page is loaded anew. */
async function takeSession(): Promise<boolean> {
  const { data } = await loginApi.GET('/session');
  return data !== undefined && sessionChanged(data);
}

function withCsrfToken(request: Request): Request {
  const token = csrfToken();
  if (token !== null && request.method !== 'GET') request.headers.set('X-CSRF-Token', token);
  return request;
}

/** The admin API, typed by docs/admin-api.yaml. */
export const api = createClient<paths>({ baseUrl: BASE, fetch: authorizedFetch });

/** As {@link api}, for asking who is logged in: 401 is an answer. */
export const loginApi = createClient<paths>({
  baseUrl: BASE,
  fetch: (request) => fetch(withCsrfToken(request)),
});

interface Reply<T> {
  data?: T;
  error?: unknown;
  response: Response;
}

/** The reply's body, or an {@link ApiError}. */
export async function result<T>(call: Promise<Reply<T>>): Promise<T> {
  return (await fullResult(call)).data;
}

/** The reply's body and its ETag, for changing it later. */
export async function tagged<T>(call: Promise<Reply<T>>): Promise<{ value: T; etag: string }> {
  const { data, response } = await fullResult(call);
  return { value: data, etag: response.headers.get('ETag') ?? '' };
}

async function fullResult<T>(call: Promise<Reply<T>>): Promise<{ data: T; response: Response }> {
  let reply: Reply<T>;
  try {
    reply = await call;
  } catch (cause) {
    throw cause instanceof TypeError ? unreachable() : cause;
  }
  if (!reply.response.ok) throw refusal(reply.response, reply.error);
  return { data: reply.data as T, response: reply.response };
}

export function unreachable(): ApiError {
  return new ApiError('The gateway does not answer. Is it running, and are you online?', 0, null, null);
}

/** @param body as parsed; anything that is not an error of the API is passed over */
export function refusal(response: Response, body: unknown): ApiError {
  const error = (body as { error?: { message?: string; param?: string | null } } | undefined)?.error;
  const retryAfter = response.headers.get('Retry-After');
  return new ApiError(
    error?.message ?? `The gateway answered ${response.status} ${response.statusText}`.trim(),
    response.status,
    error?.param ?? null,
    retryAfter === null ? null : Number(retryAfter),
  );
}

/** The address of an export, for a link. */
export function exportAddress(
  path: '/usage.csv' | '/requests.csv',
  query: Record<string, string | number | undefined>,
): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined) parameters.set(name, String(value));
  }
  return `${BASE}${path}?${parameters.toString()}`;
}
