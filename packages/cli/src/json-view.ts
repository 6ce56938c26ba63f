import { type CloseRecord, describeCloseCode, type Message, type Payload, type Peer } from 'ieum';

import { describeClose } from './close-words.js';
import { formatHex } from './hex.js';
import type { Output } from './output.js';
import type { SessionView } from './session-view.js';
import { visible, visibleJson } from './visible-text.js';

/** One JSON object to a line for everything that happens. Binary data is in hexadecimal. */
export class JsonView implements SessionView {
  readonly #output: Output;
  readonly #diagnostics: Output;

  constructor(output: Output, diagnostics: Output) {
    this.#output = output;
    this.#diagnostics = diagnostics;
  }

  opened(peer: Peer<undefined>): void {
    const { request, subprotocol, extensions } = peer;
    void this.#write('open', { url: request.url.href, subprotocol, extensions });
  }

  received(message: Message): void | Promise<void> {
    const data = message.type === 'text' ? message.data : formatHex(message.data);
    const { type, bytes, fragments } = message;
    return this.#write('received', { type, data, bytes: bytes.length, fragments });
  }

  sent(payload: Payload): void {
    if (typeof payload === 'string') {
      void this.#write('sent', { type: 'text', data: payload, bytes: Buffer.byteLength(payload) });
    } else {
      const data = formatHex(ArrayBuffer.isView(payload) ? viewBytes(payload) : new Uint8Array(payload));
      void this.#write('sent', { type: 'binary', data, bytes: payload.byteLength });
    }
  }

  pinged(payload: Uint8Array): void {
    void this.#write('ping', { data: formatHex(payload) });
  }

  ponged(payload: Uint8Array, roundTripMs: number | null): void {
    void this.#write('pong', { data: formatHex(payload), roundTripMs });
  }

  told(problem: string): void {
    void this.#diagnostics.write(visible(problem));
  }

  closed(record: CloseRecord): void {
    const { code, reason, wasClean, received, sent, first, cause } = record;
    const meaning = describeCloseCode(code);
    const firstSide = first === null ? null : first === 'received' ? 'server' : 'client';
    const text = describeClose(record);
    void this.#write('close', {
      ...{ code, meaning, reason, wasClean, first: firstSide, received, sent, cause: cause.type, text },
    });
  }

  failed(message: string): void {
    void this.#write('error', { message });
  }

  #write(event: string, fields: object): void | Promise<void> {
    return this.#output.write(visibleJson({ event, time: new Date().toISOString(), ...fields }));
  }
}

function viewBytes(view: ArrayBufferView): Uint8Array {
  return new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
}
