import { useIdle } from '@mantine/hooks';
import { useSession } from '../lib/session';

const AWAY_MS = 10 * 60_000;

/**
 * The interval while somebody is there, else false: a page that is left alone must not keep the session
 * alive for ever by asking.
 */
export function usePolling(intervalMs: number): number | false {
  const { idle_seconds: idleSeconds } = useSession();
  const away = useIdle(Math.min(AWAY_MS, (idleSeconds ?? 3600) * 500), { initialState: false });
  return !away && intervalMs;
}
