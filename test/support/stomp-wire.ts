import { Buffer } from 'node:buffer';

import type { PeerOptions } from 'ieum';

import {
  encodeStompFrame,
  StompDecoder,
  type StompVersion,
} from '../../packages/ieum/src/codecs/stomp/index.js';
import type { StompRoute } from '../../packages/ieum/src/dialects/stomp/index.js';
import { binary, text } from './client-frames.js';
import { MemoryPeer, type MemoryPeerOptions, settle } from './memory-peer.js';

/** A frame that a server sent, its headers as fields; or `heart-beat`, or its Close frame. */
export interface HeardFrame {
  readonly command: string;
  readonly headers: HeardHeaders;
  readonly body: string;
}

/** Those that tests ask for by name, and all others. */
export interface HeardHeaders {
  readonly ack?: string;
  readonly code?: string;
  readonly destination?: string;
  readonly redelivered?: string;
  readonly subscription?: string;
  readonly transaction?: string;
  readonly [name: string]: string | undefined;
}

/** A client of STOMP whose connection is in memory, and who says whatever a test wants it to. */
export class StompWire {
  readonly memory: MemoryPeer;
  readonly #version: StompVersion;
  readonly #decoder = new StompDecoder({ maxFrameBytes: 1e8, maxHeaders: 1e3, maxHeaderBytes: 1e6 });

  constructor(
    route: StompRoute,
    version: StompVersion = '1.2',
    options: MemoryPeerOptions & PeerOptions = {},
  ) {
    const { open, message, closed } = route;
    this.memory = new MemoryPeer({ open, message, closed }, options);
    this.#version = version;
    this.#decoder.version = version;
  }

  /** A client that is connected. */
  static async connected(
    route: StompRoute,
    headers: Readonly<Record<string, string>> = {},
    version: StompVersion = '1.2',
  ): Promise<StompWire> {
    const wire = new StompWire(route, version);
    const [answer] = await wire.ask('CONNECT', { 'accept-version': version, ...headers });
    if (answer?.command !== 'CONNECTED') throw new Error(JSON.stringify(answer));
    return wire;
  }

  /** Says bytes as they are in a message of their own. */
  async sayRaw(...messages: readonly (string | Uint8Array)[]): Promise<void> {
    await this.memory.receive(
      ...messages.map((message) => (typeof message === 'string' ? text(message) : binary(message))),
    );
  }

  /** Says a frame, and lets everything happen that follows. */
  async say(
    command: string,
    headers: Readonly<Record<string, string>> = {},
    body: string | Uint8Array = '',
  ): Promise<void> {
    const frame = { command, headers: Object.entries(headers), body: Buffer.from(body as string) };
    await this.memory.receive(binary(encodeStompFrame(frame, this.#version)));
  }

  /** Says a frame and hears what has come since the last time. */
  async ask(...frame: Parameters<StompWire['say']>): Promise<HeardFrame[]> {
    await this.say(...frame);
    return this.heard();
  }

  /** What has come since the last time. */
  async heard(): Promise<HeardFrame[]> {
    const heard: HeardFrame[] = [];
    for (const line of await this.memory.sent()) {
      const [kind = '', ...rest] = line.split(' ');
      const said = rest.join(' ');
      if (kind === 'close') heard.push({ command: 'close', headers: { code: rest[0] ?? '' }, body: '' });
      else
        this.#decoder.receive(
          kind === 'binary' ? Buffer.from(said, 'hex') : Buffer.from(line === 'text' ? '\n' : line.slice(5)),
        );
      for (let step = this.#decoder.next(); step !== null; step = this.#decoder.next()) {
        if (step.type === 'violation') throw new Error(`${step.code}: ${line}`);
        if (step.type === 'heart-beat') heard.push({ command: 'heart-beat', headers: {}, body: '' });
        else
          heard.push({
            ...step.frame,
            headers: Object.fromEntries(step.frame.headers),
            body: Buffer.from(step.frame.body).toString(),
          });
      }
    }
    return heard;
  }

  /** The connection breaks. */
  async drop(): Promise<void> {
    this.memory.far.reset();
    await settle();
  }
}
