import {
  type HeadDecoder,
  type HeaderFields,
  responseDecoder,
  type StatusLine,
} from '../../core/handshake/index.js';

import type { NegotiationStep, ProxyNegotiation } from './proxy-negotiation.js';
import type { ProxyCredentials } from './proxy-server.js';

/**
 * The client's side of HTTP CONNECT (RFC 9110 §9.3.6): any 2xx opens the tunnel, whatever the response says of a body,
 * and everything after its head came through the tunnel. Credentials go out as Basic (RFC 7617), unasked.
 */
export class HttpConnectNegotiation implements ProxyNegotiation {
  readonly greeting: Uint8Array;
  readonly #hasCredentials: boolean;
  #decoder: HeadDecoder<StatusLine> = startDecoder();
  #interimResponses = 0;

  /** `authority` is the server as `host:port`. */
  constructor(authority: string, credentials: ProxyCredentials | undefined) {
    this.greeting = encodeRequest(authority, credentials);
    this.#hasCredentials = credentials !== undefined;
  }

  receive(chunk: Uint8Array): NegotiationStep {
    let bytes = chunk;
    for (;;) {
      const step = this.#decoder.receive(bytes);
      if (step.type === 'incomplete') return step;
      if (step.type === 'invalid') return failed(`sent no HTTP/1.1 response: ${step.reason}`);
      const { status, headers } = step.head;
      if (status >= 200) return this.#receiveFinal(status, headers, step.rest);
      if (status === 101) return failed('switched protocols instead of opening a tunnel', status);
      if (++this.#interimResponses > maxInterimResponses)
        return failed('sent too many interim responses', status);
      this.#decoder = startDecoder();
      bytes = step.rest;
    }
  }

  #receiveFinal(status: number, headers: HeaderFields, rest: Uint8Array): NegotiationStep {
    if (status < 300) return { type: 'open', rest };
    if (status !== 407) return failed(`answered CONNECT with status ${status}`, status);
    const schemes = listSchemes(headers);
    const demand = schemes === '' ? 'names no way to authenticate' : `asks for ${schemes}`;
    const offer = this.#hasCredentials ? 'did not accept the Basic credentials' : 'wants credentials';
    return failed(`${offer} and ${demand} (status 407)`, status);
  }
}

function encodeRequest(authority: string, credentials: ProxyCredentials | undefined): Uint8Array {
  const lines = [`CONNECT ${authority} HTTP/1.1`, `Host: ${authority}`];
  if (credentials !== undefined) {
    const pair = Buffer.from(`${credentials.username}:${credentials.password}`, 'utf8');
    lines.push(`Proxy-Authorization: Basic ${pair.toString('base64')}`);
  }
  return Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1');
}

/** The schemes of the challenges, one per field line (RFC 9110 §11.7.1): only names fit for a message. */
function listSchemes(headers: HeaderFields): string {
  const challenges = headers.getAll('proxy-authenticate');
  return challenges.flatMap((challenge) => /^[A-Za-z0-9-]{1,20}(?= |$)/.exec(challenge) ?? []).join(', ');
}

function startDecoder(): HeadDecoder<StatusLine> {
  return responseDecoder({ maxHeaderBytes });
}

function failed(message: string, status?: number): NegotiationStep {
  return { type: 'failed', failure: status === undefined ? { message } : { message, status } };
}

const maxHeaderBytes = 16_384;
const maxInterimResponses = 8;
