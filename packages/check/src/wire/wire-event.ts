import type { Buffer } from 'node:buffer';

import type { TransportEnd } from './byte-transport.js';

/** What a peer did, messages put together from their fragments. */
export type WireEvent =
  | MessageEvent
  | { readonly type: 'ping'; readonly payload: Buffer }
  | { readonly type: 'pong'; readonly payload: Buffer }
  | CloseEvent
  | { readonly type: 'end'; readonly how: TransportEnd };

export interface MessageEvent {
  readonly type: 'message';
  readonly messageType: 'text' | 'binary';
  /** As the extension in use decoded it, or as it came. */
  readonly payload: Buffer;
  /** The reserved bits of its first frame. */
  readonly rsv: number;
  readonly fragments: number;
}

export interface CloseEvent {
  readonly type: 'close';
  /** 1005 when the Close frame had no code. */
  readonly code: number;
  readonly reason: string;
}

/** An extension that was agreed on, as far as received messages go. */
export interface WireExtension {
  /** The reserved bits that the peer may set on the first frame of a message: 4 for permessage-deflate. */
  readonly rsv: number;
  /** The payload of a message that had them. @throws Deviation when it cannot be decoded */
  readonly decode: (payload: Buffer) => Uint8Array;
}

/** An event in words, for people. */
export function describeEvent(event: WireEvent): string {
  switch (event.type) {
    case 'message':
      return `a ${event.messageType} message of ${event.payload.length} bytes`;
    case 'ping':
      return 'a Ping';
    case 'pong':
      return `a Pong of ${event.payload.length} bytes`;
    case 'close':
      return `Close ${event.code}${event.reason === '' ? '' : ` ${JSON.stringify(event.reason)}`}`;
    case 'end':
      return event.how === 'reset' ? 'a reset of the connection' : 'the end of the connection';
  }
}
