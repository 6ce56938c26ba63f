import type { JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import uPlot from 'uplot';

import { formatTime } from './quantity.js';
import type { RoundTrip } from './round-trips.js';
import type { Theme } from './theme.js';

interface Props {
  readonly roundTrips: readonly RoundTrip[];
  readonly theme: Theme;
  readonly label: string;
  /** Which round trip the pointer is at. */
  readonly onPoint: (index: number | undefined) => void;
}

/** Round trips over time. Probes without an answer are gaps in the line. */
export function RoundTripPlot({ roundTrips, theme, label, onPoint }: Props): JSX.Element {
  const frame = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | undefined>(undefined);

  // The colours are read anew when the theme changes.
  useEffect(() => {
    const element = frame.current;
    if (element === null) return;
    const drawn = new uPlot(plotOptions(element, onPoint), plotData(roundTrips), element);
    plot.current = drawn;
    const resizes = new ResizeObserver(() =>
      drawn.setSize({ width: element.clientWidth, height: HEIGHT_PX }),
    );
    resizes.observe(element);
    return () => {
      resizes.disconnect();
      drawn.destroy();
    };
  }, [theme, onPoint]);

  useEffect(() => plot.current?.setData(plotData(roundTrips)), [roundTrips]);

  return <div ref={frame} class="plot" data-empty={roundTrips.length === 0} role="img" aria-label={label} />;
}

function plotData(roundTrips: readonly RoundTrip[]): uPlot.AlignedData {
  return [roundTrips.map((trip) => trip.timeMs / 1000), roundTrips.map((trip) => trip.roundTripMs ?? null)];
}

function plotOptions(element: HTMLElement, onPoint: Props['onPoint']): uPlot.Options {
  const style = getComputedStyle(element);
  const colour = (name: string) => style.getPropertyValue(name).trim();
  const axis = {
    stroke: colour('--ink-soft'),
    font: `10px ${style.fontFamily}`,
    grid: { stroke: colour('--line-soft'), width: 1 },
    ticks: { show: false },
  };
  return {
    width: element.clientWidth,
    height: HEIGHT_PX,
    padding: [8, 8, 0, 0],
    legend: { show: false },
    cursor: { y: false, drag: { x: false, y: false }, points: { size: 6 } },
    scales: {
      x: { time: true, range: (plot) => timeRange(plot.data[0]) },
      y: { range: (_plot, _low, high) => [0, Math.max(high * 1.15, 1)] },
    },
    axes: [
      { ...axis, size: 22, gap: 4, space: 80, values: formatSeconds },
      { ...axis, size: 40, gap: 4, space: 28, values: (_plot, splits) => splits.map(formatValue) },
    ],
    series: [{}, { stroke: colour('--accent'), width: 1.5, points: { size: 4 } }],
    hooks: { setCursor: [(drawn) => onPoint(drawn.cursor.idx ?? undefined)] },
  };
}

/** From the first probe to the last, at least `MIN_SPAN_S`; the present when there is none. */
function timeRange(times: ArrayLike<number>): uPlot.Range.MinMax {
  const last = times[times.length - 1] ?? Date.now() / 1000;
  return [Math.min(times[0] ?? last, last - MIN_SPAN_S), last];
}

/** A label too near the right edge would be cut off, so it is left out. */
function formatSeconds(plot: uPlot, splits: readonly number[]): string[] {
  const { x } = plot.scales;
  const [min, max] = [x?.min ?? 0, x?.max ?? 0];
  const last = max - (max - min) * LABEL_SHARE;
  return splits.map((second) => (second > last ? '' : formatTime(second * 1000).slice(0, 8)));
}

function formatValue(value: number): string {
  return `${Number(value.toFixed(2))} ms`;
}

const HEIGHT_PX = 124;
/** Half a label's width as a share of the plot's. */
const LABEL_SHARE = 0.08;
const MIN_SPAN_S = 30;
