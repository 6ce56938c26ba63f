import { randomBytes } from 'node:crypto';

import { DecodeStep, encodeFrame, type FrameContext, FrameDecoder, Opcode } from 'ieum/core';

import { compressedRsv } from './compression.js';
import { LoadFailure } from './load-failure.js';

/** What a server can send. Pieces are views that last until the call returns. */
export interface ServerFrameHandlers {
  /** The next piece of a message, which may be empty. */
  handlePayload(piece: Uint8Array, opcode: number, endsMessage: boolean): void;
  handlePing(payload: Uint8Array): void;
  handleClose(payload: Uint8Array): void;
}

/** Decodes the frames of a server, however they are cut and framed, and holds them against RFC 6455. */
export class ServerFrames {
  readonly #handlers: ServerFrameHandlers;
  readonly #decoder = new FrameDecoder();
  readonly #contexts: Contexts;
  /** Bytes received and not decoded yet. */
  #pendingBytes = 0;
  /** That of the message at hand; 0 between messages. */
  #opcode: number = Opcode.Continuation;
  #control: Buffer[] = [];
  #isClosed = false;
  #isCompressed = false;

  /** @param options whether messages may be compressed (RFC 7692 §6) */
  constructor(handlers: ServerFrameHandlers, options: { readonly areCompressed?: boolean } = {}) {
    this.#handlers = handlers;
    this.#contexts = options.areCompressed === true ? compressedContexts : plainContexts;
  }

  /** Whether the message at hand is. */
  get isMessageCompressed(): boolean {
    return this.#isCompressed;
  }

  /** Whether neither a message nor a frame is incomplete. */
  get isBetweenMessages(): boolean {
    return (
      this.#pendingBytes === 0 && this.#opcode === Opcode.Continuation && this.#decoder.isFrameComplete()
    );
  }

  /** Takes bytes, which may change after the call. @throws LoadFailure when the server broke a rule */
  receive(bytes: Uint8Array): void {
    this.#pendingBytes += bytes.length;
    this.#decoder.receive(bytes);
    while (!this.#isClosed) {
      const { betweenMessages, insideMessage } = this.#contexts;
      const step = this.#decoder.step(this.#opcode === Opcode.Continuation ? betweenMessages : insideMessage);
      if (step === DecodeStep.Incomplete) return;
      if (step === DecodeStep.Violation) throw broken(this.#decoder);
      this.#receivePiece();
    }
  }

  #receivePiece(): void {
    const { opcode, payload, fin, beginsFrame, extendedLengthBytes } = this.#decoder;
    this.#pendingBytes -= payload.length + (beginsFrame ? 2 + extendedLengthBytes : 0);
    if (opcode >= Opcode.Close) {
      this.#receiveControl(opcode, payload);
      return;
    }
    if (opcode !== Opcode.Continuation) {
      this.#opcode = opcode;
      this.#isCompressed = this.#decoder.rsv !== 0;
    }
    const message = this.#opcode;
    const endsMessage = fin && this.#decoder.isFrameComplete();
    if (endsMessage) this.#opcode = Opcode.Continuation;
    this.#handlers.handlePayload(payload, message, endsMessage);
  }

  #receiveControl(opcode: number, piece: Uint8Array): void {
    this.#control.push(Buffer.from(piece));
    if (!this.#decoder.isFrameComplete()) return;
    const payload = Buffer.concat(this.#control);
    this.#control = [];
    this.#isClosed = opcode === Opcode.Close;
    if (opcode === Opcode.Ping) this.#handlers.handlePing(payload);
    if (opcode === Opcode.Close) this.#handlers.handleClose(payload);
  }
}

function broken({ violation }: FrameDecoder): LoadFailure {
  return new LoadFailure(`the server broke the protocol: ${violation?.reason} (${violation?.clause})`);
}

/** A Pong that answers a Ping. */
export function pongFor(payload: Uint8Array): Buffer {
  return encodeFrame({ opcode: Opcode.Pong, payload, key: randomBytes(4).readUInt32BE(0) });
}

interface Contexts {
  readonly betweenMessages: FrameContext;
  readonly insideMessage: FrameContext;
}

function contextsFor(extensionRsv: number): Contexts {
  return {
    betweenMessages: { role: 'client', insideMessage: false, extensionRsv },
    insideMessage: { role: 'client', insideMessage: true, extensionRsv },
  };
}

const plainContexts = contextsFor(0);
const compressedContexts = contextsFor(compressedRsv);
