import type { Key, KeyFields } from '../../lib/api';
import { localTime, number } from '../../lib/format';

/** What the form holds; '' where the field is empty. */
export interface KeyValues {
  name: string;
  note: string;
  enabled: boolean;
  tier: Key['tier'];
  rpm: number | string;
  burst: number | string;
  tpm: number | string;
  max_concurrent: number | string;
  quota_tokens: number | string;
  quota_period: Key['quota_period'];
  allowed_models: string[];
  default_model: string;
  allowed_ips: string[];
  expires_at: string;
}

export const LIMITS = ['rpm', 'burst', 'tpm', 'max_concurrent', 'quota_tokens'] as const;

export const LABELS: Record<keyof KeyValues, string> = {
  name: 'Name',
  note: 'Note',
  enabled: 'Enabled',
  tier: 'Tier',
  rpm: 'Requests per minute',
  burst: 'Burst',
  tpm: 'Tokens per minute',
  max_concurrent: 'Calls at once',
  quota_tokens: 'Quota of tokens',
  quota_period: 'Quota resets',
  allowed_models: 'Allowed models',
  default_model: 'Default model',
  allowed_ips: 'Allowed addresses',
  expires_at: 'Expires',
};

export const EMPTY: KeyValues = {
  name: '',
  note: '',
  enabled: true,
  tier: 'free',
  rpm: '',
  burst: '',
  tpm: '',
  max_concurrent: '',
  quota_tokens: '',
  quota_period: 'total',
  allowed_models: [],
  default_model: '',
  allowed_ips: [],
  expires_at: '',
};

export function valuesOf(key: Key): KeyValues {
  return {
    name: key.name,
    note: key.note ?? '',
    enabled: key.enabled,
    tier: key.tier,
    rpm: key.rpm ?? '',
    burst: key.burst ?? '',
    tpm: key.tpm ?? '',
    max_concurrent: key.max_concurrent ?? '',
    quota_tokens: key.quota_tokens ?? '',
    quota_period: key.quota_period,
    allowed_models: key.allowed_models ?? [],
    default_model: key.default_model ?? '',
    allowed_ips: key.allowed_ips ?? [],
    expires_at: localTime(key.expires_at),
  };
}

export function changedFields(before: KeyValues, after: KeyValues): (keyof KeyValues)[] {
  return (Object.keys(LABELS) as (keyof KeyValues)[]).filter(
    (field) => JSON.stringify(before[field]) !== JSON.stringify(after[field]),
  );
}

/** Those fields as the API takes them; what is empty is null: no limit, all models, anywhere, never. */
export function toFields(values: KeyValues, fields: readonly (keyof KeyValues)[]): KeyFields {
  const all: Record<keyof KeyValues, KeyFields[keyof KeyFields]> = {
    ...values,
    note: orNull(values.note),
    rpm: limit(values.rpm),
    burst: limit(values.burst),
    tpm: limit(values.tpm),
    max_concurrent: limit(values.max_concurrent),
    quota_tokens: limit(values.quota_tokens),
    allowed_models: values.allowed_models.length === 0 ? null : values.allowed_models,
    default_model: orNull(values.default_model),
    allowed_ips: values.allowed_ips.length === 0 ? null : values.allowed_ips,
    expires_at: values.expires_at === '' ? null : new Date(values.expires_at).toISOString(),
  };
  return Object.fromEntries(fields.map((field) => [field, all[field]]));
}

/** One value for people. */
export function shown(value: KeyValues[keyof KeyValues]): string {
  if (Array.isArray(value)) return value.length === 0 ? 'any' : value.join(', ');
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  if (typeof value === 'number') return number(value);
  return value === '' ? '–' : value;
}

function orNull(text: string): string | null {
  return text.trim() === '' ? null : text;
}

function limit(value: number | string): number | null {
  return value === '' ? null : Number(value);
}
