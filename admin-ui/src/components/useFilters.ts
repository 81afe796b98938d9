import { useSearchParams } from 'react-router';

/** A page's filters, kept in its address; '' for one that is not set. */
export function useFilters<N extends string>(
  names: readonly N[],
): [Record<N, string>, (change: Partial<Record<N, string>>) => void] {
  const [parameters, setParameters] = useSearchParams();
  const filters = Object.fromEntries(names.map((name) => [name, parameters.get(name) ?? ''])) as Record<
    N,
    string
  >;
  const change = (changed: Partial<Record<N, string>>) =>
    setParameters(
      (current) => {
        const next = new URLSearchParams(current);
        for (const [name, value] of Object.entries(changed) as [string, string][]) {
          if (value === '') next.delete(name);
          else next.set(name, value);
        }
        return next;
      },
      { replace: true },
    );
  return [filters, change];
}
