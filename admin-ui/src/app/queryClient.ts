import { QueryClient } from '@tanstack/react-query';
import { ApiError } from '../lib/api';

/** What the gateway refused stays refused; what did not get through is tried again twice. */
const retry = (failures: number, error: Error) =>
  failures < 2 && error instanceof ApiError && (error.status === 0 || error.status >= 500);

export const queryClient = new QueryClient({
  defaultOptions: {
    queries: { staleTime: 5_000, retry, retryDelay: 1_000, networkMode: 'always' },
    mutations: { networkMode: 'always' },
  },
});
