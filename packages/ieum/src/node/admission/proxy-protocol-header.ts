/** One end of a TCP connection. */
export interface Endpoint {
  readonly address: string;
  readonly port: number;
}

/** What a PROXY header tells of the connection that the proxy accepted. */
export interface ProxyProtocolHeader {
  readonly type: 'header';
  /** The client; null when the proxy speaks for itself (`LOCAL`, `UNKNOWN`) or the connection was no TCP one. */
  readonly source: Endpoint | null;
  /** The proxy's own end; null together with `source`. */
  readonly destination: Endpoint | null;
  /** Whether the client spoke TLS, when the proxy tells. */
  readonly tls: boolean | undefined;
}

/** Why bytes are no PROXY header. */
export type ProxyProtocolError =
  | 'signature'
  | 'too-long'
  | 'line'
  | 'version'
  | 'command'
  | 'family'
  | 'addresses'
  | 'tlv'
  | 'checksum';

export interface InvalidProxyProtocol {
  readonly type: 'invalid';
  readonly reason: ProxyProtocolError;
}

/** What a version makes of the bytes so far: how many it needs at least, or its verdict on that many. */
export type ProxyProtocolVerdict =
  | { readonly type: 'needs'; readonly byteLength: number }
  | { readonly type: 'done'; readonly byteLength: number; readonly header: ProxyProtocolHeader }
  | InvalidProxyProtocol;

export function invalidHeader(reason: ProxyProtocolError): InvalidProxyProtocol {
  return { type: 'invalid', reason };
}
