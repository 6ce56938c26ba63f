/**
 * Gathers frames until they are written: each is the length of the rest (4 bytes), its kind (1) and what belongs to it.
 * What was taken is never written to again.
 */
export class WireWriter {
  #slab: Buffer = Buffer.alloc(0);
  /** Where in the slab begin: what was not taken, and the last frame. */
  #start = 0;
  #frameStart = 0;
  #end = 0;
  #full: Uint8Array[] = [];
  #fullBytes = 0;

  /** Bytes of complete frames that were not taken. */
  get byteLength(): number {
    return this.#fullBytes + this.#frameStart - this.#start;
  }

  begin(kind: number): void {
    this.#reserve(5);
    this.#end += 4;
    this.#end = this.#slab.writeUInt8(kind, this.#end);
  }

  end(): void {
    this.#slab.writeUInt32BE(this.#end - this.#frameStart - 4, this.#frameStart);
    this.#frameStart = this.#end;
  }

  byte(value: number): void {
    this.#reserve(1);
    this.#end = this.#slab.writeUInt8(value, this.#end);
  }

  count(value: number): void {
    this.#reserve(4);
    this.#end = this.#slab.writeUInt32BE(value, this.#end);
  }

  /** Any number, exactly. */
  number(value: number): void {
    this.#reserve(8);
    this.#end = this.#slab.writeDoubleBE(value, this.#end);
  }

  text(value: string | null): void {
    if (value === null) {
      this.count(noText);
      return;
    }
    this.#reserve(4 + 3 * value.length);
    const byteLength = this.#slab.write(value, this.#end + 4);
    this.#end = this.#slab.writeUInt32BE(byteLength, this.#end) + byteLength;
  }

  bytes(value: Uint8Array): void {
    this.count(value.byteLength);
    this.raw(value);
  }

  /** Bytes whose length is known otherwise. */
  raw(value: Uint8Array): void {
    this.#reserve(value.byteLength);
    this.#slab.set(value, this.#end);
    this.#end += value.byteLength;
  }

  /** All complete frames, in pieces. */
  take(): Uint8Array[] {
    const taken = this.#full;
    this.#full = [];
    this.#fullBytes = 0;
    if (this.#frameStart > this.#start) taken.push(this.#slab.subarray(this.#start, this.#frameStart));
    this.#start = this.#frameStart;
    return taken;
  }

  #reserve(byteLength: number): void {
    if (this.#end + byteLength <= this.#slab.length) return;
    const begun = this.#slab.subarray(this.#frameStart, this.#end);
    const fullBytes = this.byteLength;
    this.#full = this.take();
    this.#fullBytes = fullBytes;
    this.#slab = Buffer.allocUnsafeSlow(Math.max(slabBytes, 2 * begun.length + byteLength));
    this.#slab.set(begun);
    this.#start = 0;
    this.#frameStart = 0;
    this.#end = begun.length;
  }
}

/** The length of a text that is null. */
export const noText = 0xffff_ffff;
const slabBytes = 64 * 1024;
