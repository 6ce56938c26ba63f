import { Buffer } from 'node:buffer';
import { constants, deflateRawSync, inflateRawSync, type ZlibOptions } from 'node:zlib';

import { Opcode } from 'ieum/core';

import { Deviation } from '../verdict.js';
import type { Wire } from '../wire/wire.js';
import type { MessageEvent } from '../wire/wire-event.js';

import type { DeflateTerms } from './deflate-terms.js';

/** How one message is compressed and cut. */
export interface DeflateSending {
  /** Bytes of compressed payload in each fragment. Default: one frame. */
  readonly fragmentBytes?: number;
  /** For zlib: `level`, `strategy`. */
  readonly zlib?: ZlibOptions;
}

/** The tester's own permessage-deflate (RFC 7692 §7.2), on one connection. */
export class DeflateCodec {
  readonly terms: DeflateTerms;
  #sent: Buffer = Buffer.alloc(0);
  #received: Buffer = Buffer.alloc(0);

  constructor(terms: DeflateTerms) {
    this.terms = terms;
  }

  /** What a compressed message carries. */
  encode(payload: Buffer, options: ZlibOptions = {}): Buffer {
    const { testerTakeover, testerBits } = this.terms;
    if (payload.length === 0) return Buffer.from([0]);
    const bytes = deflateRawSync(payload, {
      ...options,
      // Raw deflate has no 8-bit window; with 9 bits zlib goes back 250 bytes at most.
      windowBits: Math.max(9, testerBits),
      finishFlush: constants.Z_SYNC_FLUSH,
      ...(this.#sent.length === 0 ? {} : { dictionary: this.#sent }),
    });
    if (testerTakeover) this.noteSent(payload);
    return bytes.subarray(0, -4);
  }

  /** Content that the peer has in its window too, though it was not encoded here. */
  noteSent(payload: Buffer): void {
    this.#sent = windowOf(this.#sent, payload, this.terms.testerBits);
  }

  /** @throws Deviation when it is no deflate data, or goes back beyond the window */
  decode(payload: Buffer): Buffer {
    const { peerTakeover, peerBits } = this.terms;
    const parts: Buffer[] = [];
    let rest = Buffer.concat([payload, ending]);
    let dictionary = this.#received;
    // A final block ends zlib's work, not the message.
    while (rest.length > 0) {
      const { buffer, consumed } = inflate(rest, peerBits, dictionary);
      parts.push(buffer);
      dictionary = windowOf(dictionary, buffer, peerBits);
      rest = consumed === 0 ? Buffer.alloc(0) : rest.subarray(consumed);
    }
    if (peerTakeover) this.#received = dictionary;
    return Buffer.concat(parts);
  }

  /** Compresses a message and sends it: RSV1 stands on its first frame only (RFC 7692 §6.1). */
  send(wire: Wire, type: 'text' | 'binary', payload: string | Buffer, options: DeflateSending = {}): void {
    sendCompressed(
      wire,
      type,
      this.encode(Buffer.from(payload as string), options.zlib),
      options.fragmentBytes,
    );
  }

  /** Sends a message compressed and has it back, compressed or not. */
  async expectEcho(
    wire: Wire,
    type: 'text' | 'binary',
    payload: string | Buffer,
    options: DeflateSending = {},
  ): Promise<MessageEvent> {
    this.send(wire, type, payload, options);
    return wire.expectMessage(type, payload);
  }
}

/** Sends what is said to be compressed. */
export function sendCompressed(
  wire: Wire,
  type: 'text' | 'binary',
  bytes: Uint8Array,
  fragmentBytes: number = Math.max(1, bytes.length),
): void {
  for (let at = 0; at === 0 || at < bytes.length; at += fragmentBytes) {
    wire.sendFrame({
      fin: at + fragmentBytes >= bytes.length,
      rsv: at === 0 ? rsv1 : 0,
      opcode: at > 0 ? Opcode.Continuation : type === 'text' ? Opcode.Text : Opcode.Binary,
      payload: bytes.subarray(at, at + fragmentBytes),
    });
  }
}

function inflate(
  bytes: Buffer,
  windowBits: number,
  dictionary: Buffer,
): { buffer: Buffer; consumed: number } {
  try {
    const result: unknown = inflateRawSync(bytes, {
      windowBits,
      maxOutputLength: maxInflatedBytes,
      info: true,
      ...(dictionary.length === 0 ? {} : { dictionary }),
    });
    const { buffer, engine } = result as { buffer: Buffer; engine: { bytesWritten: number } };
    return { buffer, consumed: engine.bytesWritten };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new Deviation(`a message cannot be decompressed: ${why} (RFC 7692 §7.2.2)`);
  }
}

function windowOf(before: Buffer, added: Buffer, windowBits: number): Buffer {
  const maxBytes = 2 ** windowBits;
  if (added.length >= maxBytes) return Buffer.from(added.subarray(-maxBytes));
  return Buffer.concat([before, added]).subarray(-maxBytes);
}

export const rsv1 = 4;
/** What was taken off (RFC 7692 §7.2.2), and a final empty block, which is found only when what comes before is whole. */
const ending = Buffer.from([0, 0, 0xff, 0xff, 1, 0, 0, 0xff, 0xff]);
const maxInflatedBytes = 256 * 1024 ** 2;
