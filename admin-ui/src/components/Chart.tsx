import '@mantine/charts/styles.css';
import { BarChart } from '@mantine/charts';
import { ColorSwatch, Group, Text } from '@mantine/core';
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
        valueFormatter={number}
        yAxisProps={{ tickFormatter: compact, width: 48, allowDecimals: false }}
        xAxisProps={{ minTickGap: 24 }}
        barProps={{ isAnimationActive: !still, animationDuration: 300 }}
        maxBarWidth={40}
      />
      <Group component="figcaption" gap="md" mt="xs" justify="flex-end">
        {series.map(({ name, label: shown, color }) => (
          <Group key={name} gap={6} wrap="nowrap" maw="100%">
            <ColorSwatch
              color={`var(--mantine-color-${color.replace('.', '-')})`}
              size={10}
              withShadow={false}
            />
            <Text size="xs" className="name">
              {shown}
            </Text>
          </Group>
        ))}
      </Group>
    </figure>
  );
}
