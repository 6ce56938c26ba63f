import type { Buffer } from 'node:buffer';
import type { RequestHead, ResponseHead } from './head.js';
import type { OpeningChanges } from './opening-changes.js';
import type { Asked } from './opening-request.js';

/** The tester's side of an opening handshake: HTTP/1.1 or HTTP/2, as client or as server. */
export type OpeningSide = ClientSide | ServerSide;

/** The tester is client. */
export interface ClientSide {
  readonly role: 'client';
  /** Sends the request. */
  send(changes: OpeningChanges): void;
  /** The request as bytes, for cases that send it in pieces; what is asked for counts as asked. HTTP/1.1 only. */
  encode(changes: OpeningChanges): Buffer;
  /** What the response is judged by. */
  readonly asked: Asked;
  /** Looks at what came: the response, when its head is complete. */
  takeResponse(): ResponseHead | null;
  /** Whether a status accepts. */
  readonly isSuccess: (status: number) => boolean;
}

/** The tester is server. */
export interface ServerSide {
  readonly role: 'server';
  /** What the client asked for. */
  readonly request: RequestHead;
  /** Sends the response. */
  send(changes: OpeningChanges): void;
  encode(changes: OpeningChanges): Buffer;
}
