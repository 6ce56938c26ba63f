import { noText } from './wire-writer.js';

/** Reads what `WireWriter` has written in one frame. @throws RangeError beyond its end */
export class WireReader {
  readonly #frame: Buffer;
  #at = 0;

  /** @param frame without its length */
  constructor(frame: Buffer) {
    this.#frame = frame;
  }

  byte(): number {
    return this.#frame.readUInt8(this.#at++);
  }

  count(): number {
    this.#at += 4;
    return this.#frame.readUInt32BE(this.#at - 4);
  }

  number(): number {
    this.#at += 8;
    return this.#frame.readDoubleBE(this.#at - 8);
  }

  /** A text that may be null. */
  optionalText(): string | null {
    const byteLength = this.count();
    if (byteLength === noText) return null;
    const start = this.#skip(byteLength);
    return this.#frame.toString('utf8', start, this.#at);
  }

  text(): string {
    return this.optionalText() ?? '';
  }

  /** A view of the frame, or a copy where a few bytes would keep a large chunk. */
  bytes(): Uint8Array {
    const start = this.#skip(this.count());
    const view = this.#frame.subarray(start, this.#at);
    return view.byteLength * 2 >= view.buffer.byteLength ? view : Buffer.from(new Uint8Array(view).buffer);
  }

  list<Item>(read: (reader: WireReader) => Item): Item[] {
    const items: Item[] = [];
    for (let left = this.count(); left > 0; left--) items.push(read(this));
    return items;
  }

  #skip(byteLength: number): number {
    const start = this.#at;
    if (start + byteLength > this.#frame.length) throw new RangeError('a frame ends before its time');
    this.#at = start + byteLength;
    return start;
  }
}

/** Cuts what comes over a socket into frames again, less their lengths. */
export class FrameCutter {
  #pending: Buffer[] = [];
  #pendingBytes = 0;
  #neededBytes = lengthBytes;

  /** The frames that are complete with this chunk: views of it, where that is possible. */
  receive(chunk: Buffer): Buffer[] {
    this.#pending.push(chunk);
    this.#pendingBytes += chunk.length;
    if (this.#pendingBytes < this.#neededBytes) return [];
    const bytes = this.#pending.length === 1 ? chunk : Buffer.concat(this.#pending);
    const frames: Buffer[] = [];
    let at = 0;
    for (;;) {
      const left = bytes.length - at;
      this.#neededBytes = lengthBytes + (left < lengthBytes ? 0 : bytes.readUInt32BE(at));
      if (left < this.#neededBytes) break;
      frames.push(bytes.subarray(at + lengthBytes, at + this.#neededBytes));
      at += this.#neededBytes;
    }
    this.#pending = at === bytes.length ? [] : [bytes.subarray(at)];
    this.#pendingBytes = bytes.length - at;
    return frames;
  }
}

const lengthBytes = 4;
