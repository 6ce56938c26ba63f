/** Close codes by their names in RFC 6455 §7.4.1 and the IANA registry (RFC 7936). */
export const CloseCode = {
  NormalClosure: 1000,
  GoingAway: 1001,
  ProtocolError: 1002,
  UnsupportedData: 1003,
  /** Reserved for reporting: the peer's Close frame had no code. Never on the wire. */
  NoStatusReceived: 1005,
  /** Reserved for reporting: the TCP connection ended without a Close frame. Never on the wire. */
  AbnormalClosure: 1006,
  InvalidFramePayloadData: 1007,
  PolicyViolation: 1008,
  MessageTooBig: 1009,
  MandatoryExtension: 1010,
  InternalError: 1011,
  ServiceRestart: 1012,
  TryAgainLater: 1013,
  BadGateway: 1014,
  /** Reserved for reporting: the TLS handshake failed. Never on the wire. */
  TlsHandshake: 1015,
} as const;

export type CloseCode = (typeof CloseCode)[keyof typeof CloseCode];

/**
 * Whether a Close frame may carry the code: 1000–1003, 1007–1014 and 3000–4999.
 * 1004 is undefined; 1005, 1006 and 1015 exist only for reporting (RFC 6455 §7.4.1, §7.4.2, RFC 7936).
 */
export function isWireCloseCode(code: number): boolean {
  return (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014) || (code >= 3000 && code <= 4999);
}

/** The registered name of a close code in words, or the range it falls in. */
export function describeCloseCode(code: number): string {
  const known = descriptions.get(code);
  if (known !== undefined) return known;
  if (code >= 3000 && code <= 3999) return 'registered by a library or framework';
  if (code >= 4000 && code <= 4999) return 'private use';
  return 'unknown';
}

const descriptions: ReadonlyMap<number, string> = new Map([
  [CloseCode.NormalClosure, 'normal closure'],
  [CloseCode.GoingAway, 'going away'],
  [CloseCode.ProtocolError, 'protocol error'],
  [CloseCode.UnsupportedData, 'unsupported data'],
  [CloseCode.NoStatusReceived, 'no status received'],
  [CloseCode.AbnormalClosure, 'abnormal closure'],
  [CloseCode.InvalidFramePayloadData, 'invalid frame payload data'],
  [CloseCode.PolicyViolation, 'policy violation'],
  [CloseCode.MessageTooBig, 'message too big'],
  [CloseCode.MandatoryExtension, 'mandatory extension'],
  [CloseCode.InternalError, 'internal error'],
  [CloseCode.ServiceRestart, 'service restart'],
  [CloseCode.TryAgainLater, 'try again later'],
  [CloseCode.BadGateway, 'bad gateway'],
  [CloseCode.TlsHandshake, 'TLS handshake failed'],
]);
