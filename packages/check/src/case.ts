import type { RequestHead } from './opening/head.js';
import type { OpeningChanges } from './opening/opening-changes.js';
import type { Wire } from './wire/wire.js';

/** What bytes a WebSocket connection runs over: a TCP or TLS connection of its own, or a stream of RFC 8441. */
export type Carrier = 'http1' | 'http2';

/** One thing that a server, a client or both are judged by. */
export interface Case {
  /** Unique and stable, with the group first: `framing/reserved-bits/rsv1-text`. */
  readonly id: string;
  /** What is tried, in a few words. */
  readonly title: string;
  /** The rule it rests on: `RFC 6455 §5.2`. */
  readonly clause: string;
  /** Where reports put it: the first part of the id. */
  readonly group: string;
  readonly judges: 'server' | 'client' | 'both';
  /** What the tester sends. */
  readonly sends: string;
  /** What the peer has to do. */
  readonly expects: string;
  /** Default both, for cases that begin `connected` only `http1`. */
  readonly over?: readonly Carrier[];
  /**
   * Where the case begins: `opened` after an opening handshake that the engine did; `connected` before it, when the tester
   * as client has sent nothing, and as server has read the request and answered nothing. Default `opened`.
   */
  readonly start?: 'opened' | 'connected';
  /** What is different in the request of a tester that is client. For cases that begin `opened`. */
  readonly opening?: OpeningChanges;
  /** What is different in the response of a tester that is server. For cases that begin `opened`. */
  readonly answer?: OpeningChanges | ((request: RequestHead) => OpeningChanges);
  /** How long the whole case may take. Default 5 seconds; `--timeout` stretches all alike. */
  readonly timeoutMs?: number;
  /** Returns when nothing is left to expect. Deviations come out of the `expect…` methods of the wire. */
  readonly run: (wire: Wire) => Promise<void> | void;
}

/** Whether a case judges peers of that role over that carrier. */
export function appliesTo(testCase: Case, peer: 'server' | 'client', carrier: Carrier): boolean {
  const over = testCase.over ?? (testCase.start === 'connected' ? ['http1'] : ['http1', 'http2']);
  return (testCase.judges === 'both' || testCase.judges === peer) && over.includes(carrier);
}
