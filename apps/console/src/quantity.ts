/** Bytes for people: `512 B`, `1.5 KiB`, `3.0 MiB`. */
export function formatBytes(bytes: number): string {
  if (bytes < 1024) return `${bytes} B`;
  if (bytes < 1024 * 1024) return `${(bytes / 1024).toFixed(1)} KiB`;
  return `${(bytes / 1024 / 1024).toFixed(1)} MiB`;
}

/** `1,234`, the same everywhere. */
export function formatCount(count: number): string {
  return COUNT.format(count);
}

/** `1 frame`, `1,000 frames`. */
export function formatNumberOf(count: number, noun: string): string {
  return `${formatCount(count)} ${noun}${count === 1 ? '' : 's'}`;
}

/** A round trip: tenths below 100 ms, for browsers do not show pages a finer clock. */
export function formatMs(ms: number): string {
  return `${ms < 99.95 ? ms.toFixed(1) : formatCount(Math.round(ms))} ms`;
}

/** The time of day with milliseconds, in the person's time zone. */
export function formatTime(timeMs: number): string {
  const date = new Date(timeMs);
  const two = (value: number) => String(value).padStart(2, '0');
  const millis = String(date.getMilliseconds()).padStart(3, '0');
  return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}.${millis}`;
}

/** A span: `0:07`, `12:30`, `1:02:03`. */
export function formatSpan(ms: number): string {
  const seconds = Math.floor(ms / 1000);
  const two = (value: number) => String(value).padStart(2, '0');
  const hours = Math.floor(seconds / 3600);
  const minutes = Math.floor(seconds / 60) % 60;
  const tail = two(seconds % 60);
  return hours > 0 ? `${hours}:${two(minutes)}:${tail}` : `${minutes}:${tail}`;
}

const COUNT = new Intl.NumberFormat('en-US');
