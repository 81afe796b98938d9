import { Skeleton } from '@mantine/core';
import { lazy, Suspense } from 'react';
import type { Props } from './Chart';

const Chart = lazy(() => import('./Chart'));

/** A chart over time; its library comes when the first one is shown, and nothing moves then. */
export function SeriesChart(props: Props) {
  return (
    <div className="chart">
      <Suspense fallback={<Skeleton height={260} />}>
        {props.points === undefined ? <Skeleton height={260} /> : <Chart {...props} />}
      </Suspense>
    </div>
  );
}
