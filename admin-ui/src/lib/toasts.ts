import { useSyncExternalStore } from 'react';

export interface Toast {
  id: number;
  message: string;
  /** Set for what went wrong. */
  fault?: string;
}

let toasts: readonly Toast[] = [];
let last = 0;
const listeners = new Set<() => void>();

function set(next: readonly Toast[]) {
  toasts = next;
  listeners.forEach((listener) => listener());
}

export function dismiss(id: number): void {
  set(toasts.filter((toast) => toast.id !== id));
}

/** Says for some seconds what was done, or in one line more what was not. */
export function toast(message: string, fault?: string): void {
  const id = (last += 1);
  set([...toasts.slice(-3), { id, message, fault }]);
  window.setTimeout(() => dismiss(id), fault === undefined ? 5_000 : 12_000);
}

export function useToasts(): readonly Toast[] {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => toasts,
  );
}
