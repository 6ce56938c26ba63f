import { InvalidArgumentError } from 'commander';

/**
 * Reads a duration in seconds or with a unit (`30`, `1.5`, `500ms`, `10s`, `2m`) and gives milliseconds.
 *
 * @throws InvalidArgumentError when it is none, or longer than a timer can run
 */
export function parseDurationMs(text: string): number {
  const match = /^(\d+(?:\.\d+)?)\s*(ms|s|m|h)?$/.exec(text.trim());
  const durationMs = Number(match?.[1]) * (units.get(match?.[2] ?? 's') ?? Number.NaN);
  if (!(durationMs <= maxTimerMs)) {
    throw new InvalidArgumentError('Write seconds, or a unit with them, as in 10, 1.5, 500ms or 2m.');
  }
  return durationMs;
}

/** As `parseDurationMs`, but something has to pass. @throws InvalidArgumentError */
export function parseTimeoutMs(text: string): number {
  const durationMs = parseDurationMs(text);
  if (durationMs === 0) throw new InvalidArgumentError('Nothing can be done within 0 seconds.');
  return durationMs;
}

const units: ReadonlyMap<string, number> = new Map([
  ['ms', 1],
  ['s', 1_000],
  ['m', 60_000],
  ['h', 3_600_000],
]);
/** What `setTimeout` takes. */
const maxTimerMs = 2 ** 31 - 1;
