import { Buffer } from 'node:buffer';
import { frameHeaderLength, writeFrameHeader } from './frame-encoder.js';
import { applyMask, type MaskingKey } from './masking/masking.js';
import type { OutputBuffer } from './output-buffer.js';

/** Where a client's masking keys come from: 32 unpredictable bits at each call (RFC 6455 §5.3, §10.3). */
export type MaskingKeySource = () => MaskingKey;

/** Writes frames into output buffers: masked ones when it has a source of keys, as a client must. */
export class FrameWriter {
  readonly #keys: MaskingKeySource | undefined;

  constructor(keys: MaskingKeySource | undefined) {
    this.#keys = keys;
  }

  /** @param first the header's first byte: FIN, reserved bits and opcode */
  writeBytes(output: OutputBuffer, first: number, payload: Uint8Array): void {
    const key = this.#nextKey();
    if (key === undefined && payload.length >= referenceThreshold) {
      const at = output.reserve(frameHeaderLength(payload.length, false));
      writeFrameHeader(output.tail, at, first, payload.length, undefined);
      output.appendReference(payload);
      return;
    }
    const start = output.reserve(frameHeaderLength(payload.length, key !== undefined) + payload.length);
    const { tail } = output;
    const at = writeFrameHeader(tail, start, first, payload.length, key);
    tail.set(payload, at);
    if (key !== undefined) applyMask(tail.subarray(at, at + payload.length), key);
  }

  /** Writes a text as UTF-8; lone surrogates become U+FFFD. */
  writeText(output: OutputBuffer, first: number, text: string): void {
    const key = this.#nextKey();
    const isShort = isShortAscii(text);
    const length = isShort ? text.length : Buffer.byteLength(text, 'utf8');
    const start = output.reserve(frameHeaderLength(length, key !== undefined) + length);
    const { tail } = output;
    const at = writeFrameHeader(tail, start, first, length, key);
    if (isShort) for (let i = 0; i < length; i++) tail[at + i] = text.charCodeAt(i);
    else tail.write(text, at, length, length === text.length ? 'latin1' : 'utf8');
    if (key !== undefined) applyMask(tail.subarray(at, at + length), key);
  }

  /** Writes a frame that was encoded before, unmasked: only a server can. Its bytes never change. */
  writeEncoded(output: OutputBuffer, frame: Uint8Array): void {
    if (frame.length >= referenceThreshold) output.appendReference(frame);
    else output.appendShared(frame);
  }

  /** Any number will do as a key, so that a bad source cannot leave a frame half written. */
  #nextKey(): MaskingKey | undefined {
    return this.#keys === undefined ? undefined : this.#keys() >>> 0;
  }
}

/** Whether a text is so short that a loop writes it faster than a call into the runtime, and plain ASCII. */
function isShortAscii(text: string): boolean {
  if (text.length > shortText) return false;
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) > 0x7f) return false;
  return true;
}

const shortText = 48;
/** From this size on a second piece in the same write costs less than copying the payload behind its header. */
export const referenceThreshold = 8192;
