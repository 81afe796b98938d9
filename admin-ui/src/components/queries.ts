import { useQuery } from '@tanstack/react-query';
import { api, result } from '../lib/api';
import { usePolling } from './usePolling';

/** The names of the models that whoever is logged in may use. */
export function useMyModels() {
  return useQuery({
    queryKey: ['me', 'models'],
    queryFn: async () => {
      const { data } = await result(api.GET('/me/models'));
      return data.map(({ name }) => name);
    },
    staleTime: 60_000,
  });
}

/** The caller's own key, and what is left of its limits. */
export function useMe() {
  const refetchInterval = usePolling(15_000);
  return useQuery({ queryKey: ['me'], queryFn: () => result(api.GET('/me')), refetchInterval });
}
