import type { UseFormReturnType } from '@mantine/form';
import { ApiError } from '../lib/api';

/** Puts the server's complaint at the field that it is about, and the keyboard there. */
export function showFault<T extends object>(form: UseFormReturnType<T>, error: Error): void {
  if (!(error instanceof ApiError) || error.param === null) return;
  const field = error.param.replace(/\[\d+\].*$/, '');
  if (!(field in form.values)) return;
  form.setErrors({ [field]: error.message });
  form.getInputNode(field as never)?.focus();
}
