import { Buffer } from 'node:buffer';

import type { PeerOptions } from 'ieum';

import { decodeServerMessage } from '../../packages/ieum/src/codecs/native/index.js';
import type { NativeDialect } from '../../packages/ieum/src/dialects/native/index.js';
import { binary, text } from './client-frames.js';
import { MemoryPeer, type MemoryPeerOptions, settle } from './memory-peer.js';

/** A message that a server sent, its content as a value; or its Close frame. */
export interface Heard {
  readonly type: string;
  readonly id?: number | null;
  readonly position?: { readonly offset: number; readonly epoch: string };
  readonly data?: unknown;
  readonly [field: string]: unknown;
}

/** A client of `ieum.v1` whose connection is in memory, and who says whatever a test wants it to. */
export class NativeWire {
  readonly memory: MemoryPeer;

  constructor(dialect: NativeDialect, options: MemoryPeerOptions & PeerOptions = {}) {
    const { open, message, closed } = dialect;
    this.memory = new MemoryPeer({ open, message, closed }, options);
  }

  /** Says something, and lets everything happen that follows. A string and bytes are sent as they are. */
  async say(...messages: readonly (object | string)[]): Promise<void> {
    await this.memory.receive(...messages.map(frameOf));
  }

  /** Says something and hears what has come since the last time. */
  async ask(...messages: readonly (object | string)[]): Promise<Heard[]> {
    await this.say(...messages);
    return this.heard();
  }

  /** What has come since the last time. */
  async heard(): Promise<Heard[]> {
    return (await this.memory.sent()).map(heardOf);
  }

  /** The client reads no more until the function is called that this returns. */
  stall(): () => void {
    this.memory.far.pause();
    return () => this.memory.far.resume();
  }

  /** The connection breaks. */
  async drop(): Promise<void> {
    this.memory.far.reset();
    await settle();
  }
}

/** Fields, and a payload behind them. */
export function binaryEnvelope(fields: object, payload: Uint8Array): Buffer {
  const head = Buffer.from(JSON.stringify(fields));
  return Buffer.concat([Buffer.from([head.length >> 8, head.length & 0xff]), head, payload]);
}

function frameOf(message: object | string): Buffer {
  if (message instanceof Uint8Array) return binary(message);
  return text(typeof message === 'string' ? message : JSON.stringify(message));
}

function heardOf(frame: string): Heard {
  const [kind = '', ...rest] = frame.split(' ');
  const said = rest.join(' ');
  if (kind === 'close')
    return { type: 'close frame', code: Number(rest[0]), reason: rest.slice(1).join(' ') };
  const decoded = decodeServerMessage(kind === 'text' ? said : Buffer.from(said, 'hex'));
  if (decoded.type === 'violation') throw new Error(`${decoded.message}: ${said}`);
  if (!('content' in decoded)) return { ...decoded } as Heard;
  const { content, ...fields } = decoded;
  const payload = Buffer.from(content.payload);
  if (content.format === 'json') return { ...fields, data: JSON.parse(payload.toString()) };
  return {
    ...fields,
    format: content.format,
    data: content.format === 'text' ? payload.toString() : payload,
  };
}
