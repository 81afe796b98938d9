import { useSyncExternalStore } from 'react';
import type { paths } from '../generated/api';

export type Session = paths['/session']['get']['responses']['200']['content']['application/json'];
export type Role = Session['role'];

interface State {
  /** Undefined until it was asked for, null for nobody. */
  session: Session | null | undefined;
  /** Whether it ended under the page, which waits for a new login. */
  ended: boolean;
}

let state: State = { session: undefined, ended: false };
const listeners = new Set<() => void>();
let waiting: { promise: Promise<void>; resolve: () => void } | null = null;

function set(next: State) {
  state = next;
  listeners.forEach((listener) => listener());
}

/** Only ever in memory: after a reload the gateway tells it again. */
export function csrfToken(): string | null {
  return state.session?.csrf_token ?? null;
}

/** To be called with what the gateway says of who is logged in. */
export function sessionIs(session: Session | null): void {
  const before = state.session;
  if (state.ended && session !== null && before != null && !sameHolder(before, session)) {
    // Somebody else: nothing of what the page shows or waits to send is theirs.
    window.location.assign('/admin/');
    return;
  }
  set({ session, ended: false });
  waiting?.resolve();
  waiting = null;
}

/** To be called with a session that was opened elsewhere; says whether its holder is the same. */
export function sessionChanged(session: Session): boolean {
  const before = state.session;
  if (before == null || !sameHolder(before, session)) {
    window.location.assign('/admin/');
    return false;
  }
  set({ ...state, session });
  return true;
}

function sameHolder(one: Session, other: Session): boolean {
  return one.role === other.role && one.key_id === other.key_id;
}

/** Asks for a new login over the page; resolves once there is one. */
export function renewSession(): Promise<void> {
  if (waiting === null) {
    let resolve: () => void = () => undefined;
    const promise = new Promise<void>((done) => (resolve = done));
    waiting = { promise, resolve };
    set({ ...state, ended: true });
  }
  return waiting.promise;
}

export function useSessionState(): State {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => state,
  );
}

/** Of whoever is logged in; for pages, which are shown to nobody else. */
export function useSession(): Session {
  const { session } = useSessionState();
  if (session == null) throw new Error('a page is shown without a session');
  return session;
}
