/** What the `open` packet tells a client. All times are in milliseconds. */
export interface OpenData {
  readonly sid: string;
  readonly upgrades: readonly string[];
  readonly pingInterval: number;
  readonly pingTimeout: number;
  /** The most bytes that a payload, or a message over WebSocket, may have. */
  readonly maxPayload: number;
}

/** Why a request is refused: its code and what the body of the answer says. */
export const EngineError: Readonly<Record<EngineErrorName, EngineRefusal>> = {
  UnknownTransport: { code: 0, message: 'Transport unknown' },
  UnknownSession: { code: 1, message: 'Session ID unknown' },
  BadHandshakeMethod: { code: 2, message: 'Bad handshake method' },
  BadRequest: { code: 3, message: 'Bad request' },
  Forbidden: { code: 4, message: 'Forbidden' },
  UnsupportedVersion: { code: 5, message: 'Unsupported protocol version' },
};

export type EngineErrorName =
  | 'UnknownTransport'
  | 'UnknownSession'
  | 'BadHandshakeMethod'
  | 'BadRequest'
  | 'Forbidden'
  | 'UnsupportedVersion';

export interface EngineRefusal {
  readonly code: number;
  readonly message: string;
}

/** What a client asks for in its query, or why it is refused. */
export type EngineQuery =
  | { readonly type: 'query'; readonly transport: EngineTransport; readonly sid: string | null }
  | { readonly type: 'refusal'; readonly refusal: EngineRefusal };

export type EngineTransport = 'polling' | 'websocket';

/** Checks `EIO`, `transport` and `sid` of a query. */
export function checkQuery(query: URLSearchParams): EngineQuery {
  const transport = query.get('transport');
  if (transport !== 'polling' && transport !== 'websocket') {
    return { type: 'refusal', refusal: EngineError.UnknownTransport };
  }
  const sid = query.get('sid');
  const isVersion4 = query.get('EIO') === '4';
  if (!isVersion4 && (sid === null || query.has('EIO'))) {
    return { type: 'refusal', refusal: EngineError.UnsupportedVersion };
  }
  return { type: 'query', transport, sid };
}
