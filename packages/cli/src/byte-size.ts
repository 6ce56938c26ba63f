import { InvalidArgumentError } from 'commander';

/**
 * Reads a number of bytes: `1048576`, `1MiB`, `64KiB`, `64kB`. The units with `i` are powers of 1024.
 *
 * @throws InvalidArgumentError when it is none, or below one byte
 */
export function parseByteSize(text: string): number {
  const match = /^(\d+(?:\.\d+)?)\s*([a-z]*)$/i.exec(text.trim());
  const unit = units.get((match?.[2] ?? '').toLowerCase());
  const bytes = Number(match?.[1]) * (unit ?? Number.NaN);
  if (!Number.isSafeInteger(bytes) || bytes < 1) {
    throw new InvalidArgumentError('Write a number of bytes, as in 1048576, 1MiB or 64KiB.');
  }
  return bytes;
}

/** A number of bytes for people: `5 B`, `1.5 KiB`. */
export function formatByteSize(bytes: number): string {
  if (bytes < 1024) return `${bytes} B`;
  const exponent = Math.min(Math.floor(Math.log2(bytes) / 10), binaryUnits.length);
  const scaled = bytes / 1024 ** exponent;
  return `${scaled.toFixed(1).replace(/\.0$/, '')} ${binaryUnits[exponent - 1]}`;
}

const binaryUnits = ['KiB', 'MiB', 'GiB', 'TiB'] as const;
const units: ReadonlyMap<string, number> = new Map([
  ['', 1],
  ['b', 1],
  ['kb', 1e3],
  ['mb', 1e6],
  ['gb', 1e9],
  ['kib', 1024],
  ['mib', 1024 ** 2],
  ['gib', 1024 ** 3],
]);
