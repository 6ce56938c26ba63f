import type { HttpAnswer } from './http-answer.js';
import type { Target } from './target.js';

/** What the page knows about its one connection, in the words of the browser's WebSocket. */
export type ConnectionState =
  | { readonly type: 'idle' }
  | { readonly type: 'connecting'; readonly target: Target }
  | OpenState
  | { readonly type: 'closing'; readonly target: Target; readonly openedAtMs: number | undefined }
  | ClosedState
  | { readonly type: 'refused'; readonly target: Target; readonly words: string };

export interface OpenState {
  readonly type: 'open';
  readonly target: Target;
  /** The subprotocol the server selected; empty when none. */
  readonly subprotocol: string;
  readonly extensions: string;
  readonly openedAtMs: number;
}

export interface ClosedState {
  readonly type: 'closed';
  readonly target: Target;
  readonly code: number;
  readonly reason: string;
  readonly wasClean: boolean;
  /** Whether this page sent its close frame before it saw the server's. */
  readonly closedByPage: boolean;
  /** How long the connection was open; undefined when the opening handshake never finished. */
  readonly openMs: number | undefined;
  /** What a plain GET of the same address came to; undefined unless that was tried. */
  readonly httpAnswer: HttpAnswer | undefined;
}

export type ConnectionEvent =
  | { readonly type: 'connect'; readonly target: Target }
  | { readonly type: 'refuse'; readonly words: string }
  | {
      readonly type: 'open';
      readonly subprotocol: string;
      readonly extensions: string;
      readonly nowMs: number;
    }
  | { readonly type: 'close-sent' }
  | {
      readonly type: 'closed';
      readonly code: number;
      readonly reason: string;
      readonly wasClean: boolean;
      readonly nowMs: number;
    }
  | { readonly type: 'http-asked'; readonly answer: HttpAnswer };

/** The state after `event`. An event that cannot follow the state changes nothing. */
export function reduceConnection(state: ConnectionState, event: ConnectionEvent): ConnectionState {
  switch (event.type) {
    case 'connect':
      return { type: 'connecting', target: event.target };
    case 'refuse':
      return state.type === 'connecting'
        ? { type: 'refused', target: state.target, words: event.words }
        : state;
    case 'open':
      if (state.type !== 'connecting') return state;
      return {
        type: 'open',
        target: state.target,
        subprotocol: event.subprotocol,
        extensions: event.extensions,
        openedAtMs: event.nowMs,
      };
    case 'close-sent':
      if (state.type !== 'connecting' && state.type !== 'open') return state;
      return { type: 'closing', target: state.target, openedAtMs: openedAtMs(state) };
    case 'closed':
      return closedFrom(state, event);
    case 'http-asked':
      return state.type === 'closed' ? { ...state, httpAnswer: event.answer } : state;
  }
}

/** Whether messages can be sent now. */
export function isOpen(state: ConnectionState): state is OpenState {
  return state.type === 'open';
}

function closedFrom(
  state: ConnectionState,
  event: Extract<ConnectionEvent, { type: 'closed' }>,
): ConnectionState {
  if (state.type !== 'connecting' && state.type !== 'open' && state.type !== 'closing') return state;
  const openedAt = openedAtMs(state);
  return {
    type: 'closed',
    target: state.target,
    code: event.code,
    reason: event.reason,
    wasClean: event.wasClean,
    closedByPage: state.type === 'closing',
    openMs: openedAt === undefined ? undefined : event.nowMs - openedAt,
    httpAnswer: undefined,
  };
}

function openedAtMs(state: ConnectionState): number | undefined {
  return state.type === 'open' || state.type === 'closing' ? state.openedAtMs : undefined;
}
