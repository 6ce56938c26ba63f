import { Buffer } from 'node:buffer';

import type { EncodedArgs } from '../../codecs/socketio/index.js';

/** Whom a frame is for. */
export interface FrameAudience {
  readonly namespace: string;
  readonly rooms: readonly string[];
  readonly except: readonly string[];
}

/** What stands in the stream: every node gets it, in one order. */
export type StreamFrame =
  /** With `request` the sockets' acknowledgements are wanted. */
  | {
      readonly type: 'broadcast';
      readonly audience: FrameAudience;
      readonly request?: string;
      readonly args: EncodedArgs;
    }
  | { readonly type: 'join' | 'leave'; readonly audience: FrameAudience; readonly rooms: readonly string[] }
  | { readonly type: 'disconnect'; readonly audience: FrameAudience; readonly close: boolean }
  /** A client has come back somewhere else: whoever has its old connection lets go of it. */
  | { readonly type: 'takeover'; readonly namespace: string; readonly session: string };

/** What nodes say to all others, of which nothing is kept. */
export type ControlFrame =
  | { readonly type: 'hello' | 'bye' }
  | { readonly type: 'volatile'; readonly audience: FrameAudience; readonly args: EncodedArgs }
  | { readonly type: 'fetch'; readonly request: string; readonly audience: FrameAudience }
  | {
      readonly type: 'server-emit';
      readonly request?: string;
      readonly namespace: string;
      readonly args: EncodedArgs;
    };

/** What one node says to another that asked. */
export type ReplyFrame =
  | { readonly type: 'sockets'; readonly request: string; readonly sockets: readonly SocketDetails[] }
  /** How many acknowledgements will follow. */
  | { readonly type: 'count'; readonly request: string; readonly count: number }
  | { readonly type: 'answer'; readonly request: string; readonly args: EncodedArgs };

export type Frame = StreamFrame | ControlFrame | ReplyFrame;

/** A socket as other nodes know it. */
export interface SocketDetails {
  readonly id: string;
  readonly handshake: unknown;
  readonly rooms: readonly string[];
  readonly data: unknown;
}

/** A frame, and who sent it. */
export interface SentFrame<Kind extends Frame = Frame> {
  readonly node: string;
  /** Tells the frames of a node apart. */
  readonly number: number;
  readonly frame: Kind;
}

/** Encodes a frame: the length of its head in four bytes, the head in JSON, and the attachments. @throws TypeError */
export function encodeFrame({ node, number, frame }: SentFrame): Uint8Array {
  const attachments = 'args' in frame ? frame.args.attachments : [];
  const lengths = attachments.map(({ byteLength }) => byteLength);
  const body = 'args' in frame ? { ...frame, args: frame.args.json } : frame;
  const head = Buffer.from(JSON.stringify({ node, number, lengths, frame: body }));
  const length = Buffer.alloc(lengthBytes);
  length.writeUInt32BE(head.byteLength);
  return Buffer.concat([length, head, ...attachments]);
}

/** Null for what no node of this version sends. */
export function decodeFrame(bytes: Uint8Array): SentFrame | null {
  try {
    const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const headEnd = lengthBytes + buffer.readUInt32BE(0);
    const { node, number, lengths, frame } = JSON.parse(
      buffer.toString('utf8', lengthBytes, headEnd),
    ) as Head;
    if (typeof node !== 'string' || typeof frame?.type !== 'string') return null;
    if (typeof frame.args !== 'string') return { node, number, frame: frame as Frame };
    const attachments: Uint8Array[] = [];
    let start = headEnd;
    for (const length of lengths) {
      attachments.push(buffer.subarray(start, start + length));
      start += length;
    }
    return { node, number, frame: { ...frame, args: { json: frame.args, attachments } } as Frame };
  } catch {
    return null;
  }
}

interface Head {
  readonly node: string;
  readonly number: number;
  readonly lengths: readonly number[];
  readonly frame: { readonly type: string; readonly args?: unknown };
}

const lengthBytes = 4;
