import type { Readable } from 'node:stream';

import type { ConnectSession } from './connect-session.js';
import { parseHex } from './hex.js';

export interface LineInputOptions {
  /** Whether lines are hexadecimal and sent as binary messages. */
  readonly binary: boolean;
  /** Silence after the end of the input before the connection is closed, in milliseconds. */
  readonly waitMs: number;
}

/**
 * Sends each line as a message, no faster than they are taken, waits for silence behind the last one and closes.
 * Returns the number of the line that could not be sent, or null.
 */
export async function sendLines(
  session: ConnectSession,
  input: Readable,
  options: LineInputOptions,
): Promise<number | null> {
  let lineNumber = 0;
  for await (const line of readLines(input)) {
    lineNumber++;
    const payload = options.binary ? parseHex(line) : line;
    if (payload === null) {
      session.close();
      return lineNumber;
    }
    await session.send(payload);
  }
  closeAfterSilence(session, options.waitMs, performance.now());
  return null;
}

/** Lines without their ends; a last one without an end counts unless it is empty. */
async function* readLines(input: Readable): AsyncGenerator<string> {
  input.setEncoding('utf8');
  let rest = '';
  for await (const chunk of input as AsyncIterable<string>) {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) yield line.endsWith('\r') ? line.slice(0, -1) : line;
  }
  if (rest !== '') yield rest;
}

function closeAfterSilence(session: ConnectSession, waitMs: number, since: number): void {
  if (waitMs === Number.POSITIVE_INFINITY) return;
  const silenceMs = Math.min(session.silenceMs, performance.now() - since);
  if (silenceMs >= waitMs) session.close();
  else setTimeout(closeAfterSilence, Math.max(waitMs - silenceMs, 10), session, waitMs, since);
}
