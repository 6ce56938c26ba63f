import type { EngineRequest } from '../engineio/index.js';

/** How a socket came, as Socket.IO describes it. */
export interface Handshake {
  /** Fields of the request by their names, read when they are asked for: they cannot be listed. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  /** When, as text. */
  readonly time: string;
  /** When, in milliseconds since 1970. */
  readonly issued: number;
  /** The client's IP address. */
  readonly address: string;
  /** Whether a page of some origin asked. */
  readonly xdomain: boolean;
  readonly secure: boolean;
  readonly url: string;
  readonly query: Readonly<Record<string, string>>;
  /** What the client said to be let in. */
  readonly auth: Readonly<Record<string, unknown>>;
}

export function handshakeOf(
  request: EngineRequest,
  auth: Readonly<Record<string, unknown>>,
  now: number,
): Handshake {
  const { origin, address, secure, path, query } = request;
  return {
    headers: headersOf(request),
    time: String(new Date(now)),
    issued: now,
    address,
    xdomain: origin !== undefined,
    secure,
    url: `${path}?${query}`,
    query: Object.fromEntries(query),
    auth,
  };
}

function headersOf(request: EngineRequest): Readonly<Record<string, string | undefined>> {
  return new Proxy<Record<string, string | undefined>>(Object.create(null), {
    get: (_target, name) => (typeof name === 'string' ? fieldOf(request, name) : undefined),
    has: (_target, name) => typeof name === 'string' && fieldOf(request, name) !== undefined,
  });
}

/** Undefined, too, for what is no name of a field. */
function fieldOf(request: EngineRequest, name: string): string | undefined {
  return /^[\w!#$%&'*+.^`|~-]+$/.test(name) ? request.header(name) : undefined;
}
