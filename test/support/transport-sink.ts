import { Buffer } from 'node:buffer';

import type { TransportSink } from '../../packages/ieum/src/node/transport/transport.js';

/** Copies what a transport gives it, and counts what it is told. */
export class RecordingSink implements TransportSink {
  byteLength = 0;
  ends = 0;
  drains = 0;
  /** What to do within a chunk. */
  handleChunk: (chunk: Uint8Array, byteLength: number) => void = () => {};
  readonly #chunks: Buffer[] = [];
  #changed: () => void = () => {};

  get bytes(): Buffer {
    return Buffer.concat(this.#chunks);
  }

  get text(): string {
    return this.bytes.toString('latin1');
  }

  handleData(chunk: Uint8Array, byteLength: number): void {
    this.#chunks.push(Buffer.from(chunk.subarray(0, byteLength)));
    this.byteLength += byteLength;
    this.handleChunk(chunk, byteLength);
    this.#changed();
  }

  handleEnd(): void {
    this.ends++;
    this.#changed();
  }

  handleDrain(): void {
    this.drains++;
    this.#changed();
  }

  receives(byteLength: number): Promise<void> {
    return this.until(() => this.byteLength >= byteLength);
  }

  ended(): Promise<void> {
    return this.until(() => this.ends > 0);
  }

  drained(): Promise<void> {
    return this.until(() => this.drains > 0);
  }

  /** Resolves once `condition` holds after something was told; hangs when it never does. */
  async until(condition: () => boolean): Promise<void> {
    while (!condition()) {
      await new Promise<void>((resolve) => {
        this.#changed = resolve;
      });
    }
  }
}

/** Lets the event loop turn: what could be read or told in that time has been. */
export async function turns(count = 20): Promise<void> {
  for (let i = 0; i < count; i++) await new Promise((resolve) => setImmediate(resolve));
}
