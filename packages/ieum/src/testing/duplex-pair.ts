import { Buffer } from 'node:buffer';
import { Duplex } from 'node:stream';

export interface DuplexPairOptions {
  /** Bytes that each side takes before `write()` says false, and reads ahead. Default that of Node.js. */
  readonly highWaterMark?: number;
  /** Whether a side stays writable when the other has ended. Default true, as sockets of an HTTP server have it. */
  readonly allowHalfOpen?: boolean;
}

/** Two streams joined back to back: what one writes the other reads, on a later turn and with backpressure. */
export function duplexPair(options: DuplexPairOptions = {}): [DuplexEnd, DuplexEnd] {
  const ends: [DuplexEnd, DuplexEnd] = [new DuplexEnd(options), new DuplexEnd(options)];
  ends[0].join(ends[1]);
  ends[1].join(ends[0]);
  return ends;
}

/** One end of a `duplexPair`: behaves as a TCP socket does, and counts what was written to it. */
export class DuplexEnd extends Duplex {
  /** How often the stream had something written to the other side: corked writes count as one. */
  writeCount = 0;
  /** Bytes handed to the other side. */
  writtenBytes = 0;
  #other: DuplexEnd | null = null;
  /** Tells the other side, which waits for room here, that there is some. */
  #giveRoom: (() => void) | null = null;

  constructor(options: DuplexPairOptions) {
    super({ allowHalfOpen: true, ...options });
  }

  join(other: DuplexEnd): void {
    this.#other = other;
  }

  /** Breaks the pair as a TCP reset does: the other side fails with `ECONNRESET`. */
  reset(): void {
    const other = this.#other;
    this.#other = null;
    other?.destroy(Object.assign(new Error('the other end was reset'), { code: 'ECONNRESET' }));
    this.destroy();
  }

  override _read(): void {
    const giveRoom = this.#giveRoom;
    this.#giveRoom = null;
    giveRoom?.();
  }

  override _write(chunk: Uint8Array, _encoding: string, done: () => void): void {
    this.#deliver(Buffer.from(chunk), done);
  }

  override _writev(writes: { chunk: Uint8Array }[], done: () => void): void {
    this.#deliver(Buffer.concat(writes.map(({ chunk }) => chunk)), done);
  }

  override _final(done: () => void): void {
    process.nextTick(() => {
      this.#other?.push(null);
      done();
    });
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    const other = this.#other;
    this.#other = null;
    process.nextTick(() => {
      if (other !== null && !other.readableEnded && !other.destroyed) other.push(null);
    });
    this.#giveRoom?.();
    done(error);
  }

  #deliver(bytes: Buffer, done: () => void): void {
    this.writeCount++;
    this.writtenBytes += bytes.length;
    process.nextTick(() => {
      const other = this.#other;
      if (other === null || other.destroyed || other.push(bytes)) done();
      else other.#giveRoom = done;
    });
  }
}
