import type { Call, Outcome } from './api';

const RULES: Record<string, string> = {
  key: 'No such key exists: it is mistyped, was deleted, or its secret was replaced and its grace is over.',
  key_disabled: 'The key is disabled. An administrator can enable it.',
  key_expired: 'The key has expired. An administrator can give it a later date.',
  model: 'There is no such model, or it is disabled.',
  model_not_allowed: 'The key may not use this model: it is not among its allowed models.',
  address: 'The call came from an address that the key does not allow.',
  rpm: 'The key sent more requests in a minute than its limit allows. The reply told when to try again.',
  tpm: 'The key used more tokens in a minute than its limit allows. The reply told when to try again.',
  max_concurrent: 'The key had as many calls under way as it may have at once.',
  quota: 'The key’s quota of tokens is used up until it resets.',
  quota_reserved:
    'What is left of the key’s quota was set aside for its calls under way. A smaller max_tokens sets aside less.',
  limits_unavailable:
    'Where rate limits are counted could not be reached, and the gateway is set to refuse then.',
  usage_unavailable: 'Usage could not be written down, and what cannot be counted is not let through.',
  wrong_keys: 'Too many calls with wrong keys came from this address.',
  model_busy: 'All places at the model’s backends were taken, and the line before them was full or too slow.',
  upstream_unavailable: 'No backend of the model could be reached.',
  admin_key: 'The admin API was called without its key.',
};

/** Why the gateway turned a call away, and what helps. */
export function explainRefusal(rule: string): string {
  return RULES[rule] ?? `The rule “${rule}” turned it away.`;
}

const OUTCOMES: Record<Outcome, string> = {
  completed: 'The reply was passed on to its end.',
  refused_by_backend: 'The backend refused the call; its answer was passed on.',
  client_gone: 'The client hung up before the reply’s end. What was generated until then is charged.',
  upstream_broke: 'The backend broke off, or could not be reached.',
  timed_out: 'The backend took longer than the model’s timeout allows.',
  cut_by_quota: 'The reply was ended early because the key’s quota was used up.',
  shut_down: 'The gateway was stopped while the reply was under way.',
  refused: 'The gateway turned the call away; no backend saw it.',
};

export const OUTCOME_NAMES = Object.keys(OUTCOMES) as Outcome[];

export function explainOutcome(outcome: Outcome): string {
  return OUTCOMES[outcome];
}

export function outcomeColor(outcome: Outcome): string {
  switch (outcome) {
    case 'completed':
      return 'green';
    case 'client_gone':
    case 'cut_by_quota':
      return 'yellow';
    case 'refused':
      return 'orange';
    case 'refused_by_backend':
    case 'upstream_broke':
    case 'timed_out':
    case 'shut_down':
      return 'red';
  }
}

const SOURCES: Record<string, string> = {
  upstream: 'as the backend reported them',
  running_count: 'counted by the gateway as the reply passed through',
  tokenizer: 'counted with the model’s tokenizer',
  estimate: 'estimated by the gateway, since the backend reported none',
};

export function explainSource(source: NonNullable<Call['usage_source']>): string {
  return SOURCES[source] ?? source;
}
