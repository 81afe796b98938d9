import type { BackendKind, Model, ModelFields, TargetFields } from '../../lib/api';

export interface TargetValues {
  /** For React alone. */
  row: string;
  backend: BackendKind;
  base_url: string;
  upstream_model: string;
  /** What is typed; empty keeps the one that there is. */
  api_key: string;
  has_api_key: boolean;
  weight: number | string;
  priority: number | string;
}

export interface ModelValues {
  name: string;
  enabled: boolean;
  targets: TargetValues[];
  fallback_models: string[];
  timeout: string;
  stream_usage: string;
  max_output_tokens: number | string;
}

export const LABELS: Record<keyof ModelValues, string> = {
  name: 'Name',
  enabled: 'Enabled',
  targets: 'Targets',
  fallback_models: 'Fallbacks',
  timeout: 'Timeout',
  stream_usage: 'Token counts in streams',
  max_output_tokens: 'Most tokens out',
};

let rows = 0;

export function newTarget(): TargetValues {
  return {
    row: `row ${(rows += 1)}`,
    backend: 'ollama',
    base_url: '',
    upstream_model: '',
    api_key: '',
    has_api_key: false,
    weight: 1,
    priority: 0,
  };
}

export function emptyModel(): ModelValues {
  return {
    name: '',
    enabled: true,
    targets: [newTarget()],
    fallback_models: [],
    timeout: '',
    stream_usage: '',
    max_output_tokens: '',
  };
}

export function valuesOf(model: Model): ModelValues {
  return {
    name: model.name,
    enabled: model.enabled,
    targets: model.targets.map((target, index) => ({
      ...target,
      row: `target ${index}`,
      base_url: target.base_url ?? '',
      upstream_model: target.upstream_model ?? '',
      api_key: '',
    })),
    fallback_models: model.fallback_models,
    timeout: model.timeout ?? '',
    stream_usage: model.stream_usage ?? '',
    max_output_tokens: model.max_output_tokens ?? '',
  };
}

export function changedFields(before: ModelValues, after: ModelValues): (keyof ModelValues)[] {
  const text = (value: unknown) =>
    JSON.stringify(value, (name, part: unknown) => (name === 'row' ? undefined : part));
  return (Object.keys(LABELS) as (keyof ModelValues)[]).filter(
    (field) => text(before[field]) !== text(after[field]),
  );
}

/** Those fields as the API takes them. */
export function toFields(values: ModelValues, fields: readonly (keyof ModelValues)[]): ModelFields {
  const all: Record<keyof ModelValues, ModelFields[keyof ModelFields]> = {
    ...values,
    targets: values.targets.map(toTarget),
    timeout: orNull(values.timeout),
    stream_usage: values.stream_usage === '' ? null : values.stream_usage,
    max_output_tokens: values.max_output_tokens === '' ? null : Number(values.max_output_tokens),
  };
  return Object.fromEntries(fields.map((field) => [field, all[field]]));
}

function toTarget(target: TargetValues): TargetFields {
  return {
    backend: target.backend,
    base_url: orNull(target.base_url),
    upstream_model: orNull(target.upstream_model),
    ...(target.api_key === '' ? {} : { api_key: target.api_key }),
    weight: target.weight === '' ? 1 : Number(target.weight),
    priority: target.priority === '' ? 0 : Number(target.priority),
  };
}

/** One value for people. */
export function shown(values: ModelValues, field: keyof ModelValues): string {
  if (field === 'targets') return values.targets.map(describe).join('\n');
  if (field === 'fallback_models') return values.fallback_models.join(', ') || 'none';
  const value = values[field];
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  return value === '' ? '–' : String(value);
}

function describe(target: TargetValues): string {
  const place = [target.backend, target.base_url].filter((part) => part !== '').join(' at ');
  return `${place}, ${target.upstream_model || 'same name'}, weight ${target.weight}, priority ${target.priority}${target.api_key === '' ? '' : ', new API key'}`;
}

function orNull(text: string): string | null {
  return text.trim() === '' ? null : text.trim();
}
