import '@mantine/charts/styles.css';
import { BarChart } from '@mantine/charts';
import { useReducedMotion } from '@mantine/hooks';
import { compact, number } from '../lib/format';
import { pivot, type Series } from '../lib/series';
import type { Point } from '../lib/api';

export interface Props {
  /** What it shows, for those who cannot see it. */
  label: string;
  /** Undefined while they are fetched. */
  points: readonly Point[] | undefined;
  interval: 'hour' | 'day';
  timeZone: string;
  series: readonly Series[];
}

export default function Chart({ label, points = [], interval, timeZone, series }: Props) {
  const still = useReducedMotion();
  return (
    <figure className="figure" aria-label={label}>
      <BarChart
        h={260}
        data={pivot(points, series, interval, timeZone)}
        dataKey="time"
        type="stacked"
        series={series.map(({ name, label: shown, color }) => ({ name, label: shown, color }))}
        withLegend
        legendProps={{ verticalAlign: 'bottom', height: 40 }}
        valueFormatter={number}
        yAxisProps={{ tickFormatter: compact, width: 48, allowDecimals: false }}
        xAxisProps={{ minTickGap: 24 }}
        barProps={{ isAnimationActive: !still, animationDuration: 300 }}
        maxBarWidth={40}
      />
    </figure>
  );
}
