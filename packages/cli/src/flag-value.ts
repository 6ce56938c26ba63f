import { InvalidArgumentError } from 'commander';

/** Makes the parser of a whole number within bounds. The parser throws InvalidArgumentError. */
export function wholeNumber(min: number, max: number = Number.MAX_SAFE_INTEGER): (text: string) => number {
  return (text) => {
    const value = /^\d+$/.test(text.trim()) ? Number(text) : Number.NaN;
    if (value >= min && value <= max) return value;
    const range = max === Number.MAX_SAFE_INTEGER ? `from ${min} on` : `from ${min} to ${max}`;
    throw new InvalidArgumentError(`Write a whole number ${range}.`);
  };
}

/** Gathers a flag that can be repeated, each time with one value. */
export function gather(value: string, previous: readonly string[] | undefined): readonly string[] {
  return [...(previous ?? []), value];
}

/** Gathers a flag that can be repeated, each time with one value or several with commas between. */
export function gatherList(text: string, previous: readonly string[] | undefined): readonly string[] {
  const values = text
    .split(',')
    .map((value) => value.trim())
    .filter((value) => value !== '');
  if (values.length === 0) throw new InvalidArgumentError('It is empty.');
  return [...(previous ?? []), ...values];
}

/** Reads a switch, as environment variables have it. @throws InvalidArgumentError */
export function parseSwitch(text: string): boolean {
  const value = switches.get(text.trim().toLowerCase());
  if (value === undefined) throw new InvalidArgumentError('Write on or off.');
  return value;
}

const switches: ReadonlyMap<string, boolean> = new Map([
  ...['on', 'true', 'yes', '1'].map((text) => [text, true] as const),
  ...['off', 'false', 'no', '0'].map((text) => [text, false] as const),
]);
