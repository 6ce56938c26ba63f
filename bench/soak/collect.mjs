/**
 * Loaded into the server before anything else: collects its garbage every few seconds, and writes down what is left. Without
 * it V8 takes memory for minutes before it looks whether it has to.
 */
import { appendFileSync } from 'node:fs';

const { IEUM_SOAK_FILE = '' } = process.env;

setInterval(() => {
  globalThis.gc?.();
  const { heapUsed, external } = process.memoryUsage();
  appendFileSync(IEUM_SOAK_FILE, `${Date.now()} ${heapUsed + external}\n`);
}, 5_000).unref();
