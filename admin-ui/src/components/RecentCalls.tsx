import { useQuery } from '@tanstack/react-query';
import { useNavigate } from 'react-router';
import { api, result } from '../lib/api';
import { CALL_COLUMNS } from './callColumns';
import { DataTable } from './DataTable';
import { Empty } from './Empty';
import { ErrorNote } from './ErrorNote';
import { usePolling } from './usePolling';

/** The last ten calls of a key within a week; undefined for the caller's own. */
export function RecentCalls({ keyId }: { keyId?: string }) {
  const navigate = useNavigate();
  const refetchInterval = usePolling(15_000);
  const { data, error, refetch } = useQuery({
    queryKey: ['requests', 'recent', keyId],
    queryFn: ({ signal }) => {
      const from = new Date(Date.now() - 7 * 86_400_000).toISOString();
      return result(api.GET('/requests', { params: { query: { key: keyId, from, limit: 10 } }, signal }));
    },
    refetchInterval,
  });
  if (error !== null) return <ErrorNote error={error} onRetry={() => void refetch()} />;
  return (
    <DataTable
      label="Recent calls"
      columns={CALL_COLUMNS}
      rows={data?.data}
      rowId={(call) => call.id}
      onRow={(call) => void navigate(`/requests/${encodeURIComponent(call.id)}`)}
      empty={<Empty title="No calls in the last 7 days">They appear here a moment after they end.</Empty>}
    />
  );
}
