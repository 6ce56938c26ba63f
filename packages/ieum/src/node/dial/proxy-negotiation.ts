import type { Socket } from 'node:net';

import { ConnectError, type Route, type SocksReply } from './connect-error.js';
import { done, incomplete, runStage, type Stage, type StageProgress } from './socket-stage.js';

/** What the bytes of a proxy led to. */
export type NegotiationStep =
  | { readonly type: 'incomplete' }
  | { readonly type: 'send'; readonly bytes: Uint8Array }
  /** The tunnel is open; `rest` already came through it. */
  | { readonly type: 'open'; readonly rest: Uint8Array }
  | { readonly type: 'failed'; readonly failure: NegotiationFailure };

export interface NegotiationFailure {
  readonly message: string;
  readonly status?: number;
  readonly reply?: SocksReply;
}

/** The client's side of a proxy protocol, as bytes: it keeps no more of them than its longest message. */
export interface ProxyNegotiation {
  /** What the client sends first. */
  readonly greeting: Uint8Array;
  receive(chunk: Uint8Array): NegotiationStep;
}

/** Has a proxy open a tunnel. When it resolves, the socket reads from the first byte that came through the tunnel. */
export function negotiate(
  socket: Socket,
  negotiation: ProxyNegotiation,
  route: Route,
  signal: AbortSignal | undefined,
): Promise<void> {
  const stage: Stage = {
    event: 'readable',
    handleEvent: () => handleReadable(socket, negotiation, route),
    describeFailure(cause) {
      const details = cause === undefined ? route : { ...route, cause };
      return new ConnectError(
        'ERR_WS_PROXY',
        `The proxy ${route.proxy} closed before the tunnel was open`,
        details,
      );
    },
  };
  socket.write(negotiation.greeting);
  return runStage(socket, stage, signal);
}

function handleReadable(socket: Socket, negotiation: ProxyNegotiation, route: Route): StageProgress {
  for (;;) {
    const chunk: Buffer | null = socket.read();
    if (chunk === null) return incomplete;
    const step = negotiation.receive(chunk);
    if (step.type === 'failed') return { type: 'failed', error: toError(step.failure, route) };
    if (step.type === 'send') socket.write(step.bytes);
    if (step.type !== 'open') continue;
    if (step.rest.length > 0) socket.unshift(step.rest);
    return done;
  }
}

function toError(failure: NegotiationFailure, route: Route): ConnectError {
  const { message, ...data } = failure;
  return new ConnectError('ERR_WS_PROXY', `The proxy ${route.proxy} ${message}`, { ...route, ...data });
}
