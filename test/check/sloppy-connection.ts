import { Buffer, isUtf8 } from 'node:buffer';
import { randomInt } from 'node:crypto';
import type { Socket } from 'node:net';

import { applyMask, isWireCloseCode, Utf8Validator } from 'ieum/core';

import type { SloppyDeflate } from './sloppy-deflate.js';
import type { Breaks } from './sloppy-switches.js';

/** What a connection of the sloppy peers is. */
export interface SloppyParts {
  readonly socket: Socket;
  readonly role: 'server' | 'client';
  readonly breaks: Breaks;
  /** Null when it was not agreed on. */
  readonly deflate: SloppyDeflate | null;
  /** Called with each whole message. Default: it is sent back. */
  readonly handleMessage?: (payload: Buffer) => void;
}

interface Header {
  readonly fin: boolean;
  readonly rsv: number;
  readonly opcode: number;
  readonly key: number | null;
  readonly length: number;
}

interface Message {
  readonly opcode: number;
  readonly isCompressed: boolean;
  readonly chunks: Buffer[];
  readonly text: Utf8Validator;
}

/** A peer that echoes and keeps every rule, but for those it is told to break. */
export class SloppyConnection {
  readonly #parts: SloppyParts;
  #rest: Buffer = Buffer.alloc(0);
  #header: Header | null = null;
  #left = 0;
  #control: Buffer[] = [];
  #message: Message | null = null;
  #isOver = false;

  constructor(parts: SloppyParts) {
    this.#parts = parts;
    parts.socket.on('data', (chunk) => this.receive(chunk));
  }

  receive(chunk: Buffer): void {
    let bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    this.#rest = Buffer.alloc(0);
    while (!this.#isOver) {
      if (this.#header === null) {
        const length = this.#readHeader(bytes);
        if (length === 0) break;
        bytes = bytes.subarray(length);
      } else {
        const piece = bytes.subarray(0, this.#left);
        if (piece.length === 0 && this.#left > 0) break;
        bytes = bytes.subarray(piece.length);
        this.#receivePayload(Buffer.from(piece));
      }
    }
    if (!this.#isOver) this.#rest = Buffer.from(bytes);
  }

  /** @returns how long the header is; 0 while some of it is missing, or when it is wrong */
  #readHeader(bytes: Buffer): number {
    if (bytes.length < 2) return 0;
    const [first = 0, second = 0] = bytes;
    const form = (second & 127) === 126 ? 2 : (second & 127) === 127 ? 8 : 0;
    const isMasked = second >= 128;
    const fault = this.#flagFault(first, isMasked);
    if (fault) return this.#fail(1002);
    const total = 2 + form + (isMasked ? 4 : 0);
    if (bytes.length < total) return 0;
    const isWaved = form === 8 && (bytes[2] as number) >= 128 && this.#breaks('accepts-length-top-bit');
    const wide = form === 8 ? BigInt.asUintN(isWaved ? 63 : 64, bytes.readBigUInt64BE(2)) : 0n;
    const length = form === 0 ? second & 127 : form === 2 ? bytes.readUInt16BE(2) : Number(wide);
    const shortest = length < 126 ? 0 : length < 65_536 ? 2 : 8;
    if (form !== shortest && !isWaved && !this.#breaks('accepts-long-length-forms')) return this.#fail(1002);
    if (wide >= 1n << 63n) return this.#fail(1002);
    if (length > maxMessageBytes) return this.#fail(this.#breaks('wrong-code-for-too-big') ? 1008 : 1009);
    const opcode = first & 15;
    if (opcode >= 8 && length > 125 && !this.#breaks('accepts-long-control')) return this.#fail(1002);
    const key = isMasked ? bytes.readUInt32BE(total - 4) : null;
    this.#header = { fin: first >= 128, rsv: (first >> 4) & 7, opcode, key, length };
    this.#left = length;
    if (opcode < 3) this.#beginFragment(this.#header);
    return total;
  }

  #flagFault(first: number, isMasked: boolean): boolean {
    const [fin, rsv, opcode] = [first >= 128, (first >> 4) & 7, first & 15];
    const { role, deflate } = this.#parts;
    if (isMasked !== (role === 'server') && !this.#breaks('accepts-wrong-masking')) return true;
    if (opcode >= 8 ? opcode > 10 : opcode > 2) return !this.#breaks('accepts-reserved-opcodes');
    const mayCompress = deflate !== null && (opcode === 1 || opcode === 2);
    const isExcused =
      (opcode === 0 && deflate !== null && this.#breaks('accepts-rsv1-continuation')) ||
      (opcode >= 8 && deflate !== null && this.#breaks('accepts-rsv1-control')) ||
      this.#breaks('accepts-reserved-bits');
    if ((rsv & (mayCompress ? 3 : 7)) !== 0 && !isExcused) return true;
    if (opcode >= 8) return !fin && !this.#breaks('accepts-fragmented-control');
    if (opcode === 0) return this.#message === null && !this.#breaks('accepts-stray-continuation');
    return this.#message !== null && !this.#breaks('accepts-message-inside');
  }

  #beginFragment({ opcode, rsv }: Header): void {
    if (opcode === 0 && this.#message !== null) return;
    const isCompressed = (rsv & 4) !== 0 && this.#parts.deflate !== null;
    this.#message = { opcode: opcode || 1, isCompressed, chunks: [], text: new Utf8Validator() };
  }

  #receivePayload(piece: Buffer): void {
    const header = this.#header as Header;
    if (header.key !== null) {
      const offset = 8 * ((header.length - this.#left) % 4);
      const { key } = header;
      applyMask(piece, offset === 0 ? key : ((key << offset) | (key >>> (32 - offset))) >>> 0);
    }
    this.#left -= piece.length;
    const isDone = this.#left === 0;
    if (isDone) this.#header = null;
    if (header.opcode > 2) {
      this.#control.push(piece);
      if (isDone) this.#handleControl(header.opcode, Buffer.concat(this.#control.splice(0)));
      return;
    }
    const message = this.#message as Message;
    message.chunks.push(piece);
    if (!this.#isSoundText(message, piece)) {
      this.#fail(1007);
      return;
    }
    if (!isDone) return;
    if (header.fin) this.#handleMessage(message);
    else if (this.#breaks('checks-utf8-by-fragment') && !message.text.isComplete()) this.#fail(1007);
  }

  #isSoundText({ opcode, isCompressed, text }: Message, piece: Buffer): boolean {
    if (opcode !== 1 || isCompressed) return true;
    return text.receive(piece) || this.#breaks('accepts-invalid-utf8') || this.#breaks('checks-utf8-late');
  }

  #handleMessage(message: Message): void {
    this.#message = null;
    let payload: Buffer = Buffer.concat(message.chunks);
    if (message.isCompressed) {
      const inflated = this.#parts.deflate?.decode(payload) ?? 1007;
      if (typeof inflated === 'number') {
        this.#fail(inflated);
        return;
      }
      payload = inflated;
    }
    const skipsUtf8 = message.isCompressed
      ? this.#breaks('accepts-invalid-utf8-inflated')
      : this.#breaks('accepts-invalid-utf8');
    if (message.opcode === 1 && !skipsUtf8 && !isUtf8(payload)) {
      this.#fail(1007);
      return;
    }
    if (this.#parts.handleMessage !== undefined) {
      this.#parts.handleMessage(payload);
      return;
    }
    this.#echo(message, payload);
  }

  #echo({ opcode, isCompressed, chunks }: Message, payload: Buffer): void {
    if (payload.length === 0 && this.#breaks('drops-empty-messages')) return;
    if (chunks.length > 1 && this.#breaks('drops-fragmented-messages')) return;
    const echoed = this.#breaks('cuts-at-64-kib') ? payload.subarray(0, 65_535) : payload;
    const kind = this.#breaks('echoes-text-as-binary') ? 2 : opcode;
    const { deflate } = this.#parts;
    if (!isCompressed || deflate === null) {
      this.#send(kind, echoed, this.#plainRsv());
      return;
    }
    const rsv = this.#breaks('compresses-without-rsv1') ? 0 : 4;
    this.#send(kind, deflate.encode(echoed), rsv);
  }

  #plainRsv(): number {
    if (this.#breaks('sends-reserved-bits')) return 2;
    return this.#parts.deflate !== null && this.#breaks('sets-rsv1-on-plain') ? 4 : 0;
  }

  #handleControl(opcode: number, payload: Buffer): void {
    if (opcode === 9) this.#answerPing(payload);
    else if (opcode === 8) this.#handleClose(payload);
  }

  #answerPing(payload: Buffer): void {
    if (this.#breaks('sends-no-pong')) return;
    if (this.#breaks('pong-without-payload')) {
      this.#send(10, Buffer.alloc(0));
      return;
    }
    if (this.#breaks('pong-cut')) {
      this.#send(10, payload.subarray(0, 124));
      return;
    }
    this.#send(10, payload);
  }

  #handleClose(payload: Buffer): void {
    if (payload.length === 1 && !this.#breaks('accepts-close-of-1-byte')) {
      this.#fail(1002);
      return;
    }
    const code = payload.length < 2 ? null : payload.readUInt16BE(0);
    if (code !== null && !isWireCloseCode(code) && !this.#breaks('accepts-any-close-code')) {
      this.#fail(1002);
      return;
    }
    const isSoundReason = isUtf8(payload.subarray(2)) || this.#breaks('accepts-invalid-close-reason');
    if (!isSoundReason) {
      this.#fail(1007);
      return;
    }
    if (this.#breaks('closes-without-close')) {
      this.#end();
      return;
    }
    if (this.#breaks('ignores-close')) return;
    const answer = this.#breaks('answers-another-code') ? closeBytes(1001) : payload.subarray(0, 2);
    this.#send(8, this.#breaks('answers-close-with-1005') ? closeBytes(1005) : answer);
    if (this.#breaks('goes-on-behind-close')) return;
    this.#end();
  }

  /** Fails the connection (RFC 6455 §7.1.7). @returns 0, so that nothing more is read */
  #fail(code: number): 0 {
    if (this.#breaks('resets-on-failure')) this.#parts.socket.resetAndDestroy();
    else if (this.#breaks('fails-without-close')) this.#end();
    else {
      this.#send(8, closeBytes(this.#breaks('fails-with-1000') ? 1000 : code));
      this.#end();
    }
    this.#isOver = true;
    return 0;
  }

  /** A server ends the connection; a client waits for it, though not for ever. What comes is not read any more. */
  #end(): void {
    this.#isOver = true;
    const { socket, role } = this.#parts;
    if (this.#breaks('keeps-connection-open')) return;
    if (role === 'server' || this.#breaks('client-ends-first')) socket.end();
    setTimeout(() => socket.destroy(), role === 'server' ? 1_000 : 3_000).unref();
  }

  #send(opcode: number, payload: Buffer, rsv = 0): void {
    const { role, socket } = this.#parts;
    const isMasked = (role === 'client') !== this.#breaks('masks-wrongly');
    const form = this.#breaks('writes-long-lengths')
      ? 8
      : payload.length < 126
        ? 0
        : payload.length < 65_536
          ? 2
          : 8;
    const head = Buffer.alloc(2 + form + (isMasked ? 4 : 0));
    const isFinal = !(opcode === 10 && this.#breaks('fragments-pongs'));
    head[0] = (isFinal ? 128 : 0) | (rsv << 4) | opcode;
    head[1] = (isMasked ? 128 : 0) | (form === 0 ? payload.length : form === 2 ? 126 : 127);
    if (form === 2) head.writeUInt16BE(payload.length, 2);
    if (form === 8) head.writeBigUInt64BE(BigInt(payload.length), 2);
    const body = Buffer.from(payload);
    if (isMasked) {
      const key = this.#breaks('masks-with-one-key') ? 0x12345678 : randomInt(2 ** 32);
      head.writeUInt32BE(key, head.length - 4);
      applyMask(body, key);
    }
    if (socket.writable) socket.write(Buffer.concat([head, body]));
  }

  #breaks(name: string): boolean {
    return this.#parts.breaks.has(name);
  }
}

function closeBytes(code: number): Buffer {
  return Buffer.from([code >> 8, code & 255]);
}

const maxMessageBytes = 64 * 1024 ** 2;
