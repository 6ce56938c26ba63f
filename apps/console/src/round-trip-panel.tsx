import type { JSX } from 'preact';
import { useState } from 'preact/hooks';

import type { ProbeChoice } from './probe-timer.js';
import { formatMs, formatNumberOf, formatTime } from './quantity.js';
import { RoundTripPlot } from './round-trip-plot.js';
import { type RoundTrip, roundTripNumbers } from './round-trips.js';
import type { Theme } from './theme.js';

interface Props {
  readonly roundTrips: readonly RoundTrip[];
  readonly choice: ProbeChoice;
  readonly isOpen: boolean;
  readonly theme: Theme;
  readonly onChoose: (choice: ProbeChoice) => void;
}

/** Round trips of the probes: numbers, plot, and whether and how often to probe. */
export function RoundTripPanel({ roundTrips, choice, isOpen, theme, onChoose }: Props): JSX.Element {
  const [pointed, setPointed] = useState<number>();
  const numbers = roundTripNumbers(roundTrips);
  return (
    <section class="panel round-trip" aria-label="Round-trip time">
      <div class="panel-head">
        <h2 class="panel-title">Round trip</h2>
        <label class="switch">
          <input
            type="checkbox"
            checked={choice.isOn}
            onChange={(event) => onChoose({ ...choice, isOn: event.currentTarget.checked })}
          />
          <span class="switch-track" aria-hidden="true" />
          Probe
        </label>
        <select
          class="input small"
          aria-label="Probe interval"
          value={String(choice.intervalMs)}
          onChange={(event) => onChoose({ ...choice, intervalMs: Number(event.currentTarget.value) })}
        >
          {INTERVALS.map(([intervalMs, name]) => (
            <option key={intervalMs} value={String(intervalMs)}>
              {name}
            </option>
          ))}
        </select>
      </div>
      <dl class="numbers">
        {number('current', numbers.current)}
        {number('p50', numbers.p50)}
        {number('p99', numbers.p99)}
      </dl>
      <div class="plot-frame">
        <RoundTripPlot
          roundTrips={roundTrips}
          theme={theme}
          onPoint={setPointed}
          label={plotLabel(numbers.p50)}
        />
        {roundTrips.length === 0 && <p class="plot-empty">{emptyWords(choice.isOn, isOpen)}</p>}
      </div>
      <p class="note plot-note">{caption(roundTrips, numbers.unanswered, pointed)}</p>
    </section>
  );
}

function number(name: string, ms: number | undefined): JSX.Element {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{ms === undefined ? '–' : formatMs(ms)}</dd>
    </div>
  );
}

function caption(roundTrips: readonly RoundTrip[], unanswered: number, pointed: number | undefined): string {
  const trip = pointed === undefined ? undefined : roundTrips[pointed];
  if (trip !== undefined) {
    const value = trip.roundTripMs === undefined ? 'no answer in 5 s' : formatMs(trip.roundTripMs);
    return `${formatTime(trip.timeMs)}  ${value}`;
  }
  if (roundTrips.length === 0) return 'A probe is a short text the server must echo.';
  const lost = unanswered === 0 ? 'all answered' : `${unanswered} without an answer in 5 s`;
  return `${formatNumberOf(roundTrips.length, 'probe')}, ${lost}`;
}

function emptyWords(isOn: boolean, isOpen: boolean): string {
  if (!isOn) return 'The probe is off.';
  return isOpen ? 'Waiting for the first answer…' : 'Measures while connected.';
}

function plotLabel(p50: number | undefined): string {
  return p50 === undefined ? 'Plot of round trips, empty' : `Plot of round trips, median ${formatMs(p50)}`;
}

const INTERVALS: readonly (readonly [number, string])[] = [
  [100, '10 per s'],
  [250, '4 per s'],
  [1_000, '1 per s'],
  [5_000, 'every 5 s'],
];
