/**
 * Where a connection stands after its opening handshake.
 *
 * - `open`: messages go both ways.
 * - `closing`: our Close frame is sent, the peer's is awaited; its messages still arrive.
 * - `ending`: nothing more is said; the TCP connection is being ended.
 * - `closed`: the TCP connection is gone.
 */
export type ConnectionState = 'open' | 'closing' | 'ending' | 'closed';

/** What moves a connection from one state to the next. */
export type Transition = 'send-close' | 'receive-close' | 'fail' | 'end';

/** The state after `transition`; the same state where it means nothing any more. */
export function nextState(state: ConnectionState, transition: Transition): ConnectionState {
  return transitions[state][transition] ?? state;
}

const transitions: Readonly<Record<ConnectionState, Readonly<Partial<Record<Transition, ConnectionState>>>>> =
  {
    open: { 'send-close': 'closing', 'receive-close': 'ending', fail: 'ending', end: 'closed' },
    closing: { 'receive-close': 'ending', fail: 'ending', end: 'closed' },
    ending: { end: 'closed' },
    closed: {},
  };
