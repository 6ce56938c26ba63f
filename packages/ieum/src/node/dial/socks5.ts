import { isIP } from 'node:net';

import type { SocksReply } from './connect-error.js';
import type { NegotiationStep, ProxyNegotiation } from './proxy-negotiation.js';
import type { ProxyCredentials } from './proxy-server.js';

export interface Socks5Destination {
  /** An IP address, or a name of at most 255 bytes for the proxy to resolve. */
  readonly hostname: string;
  readonly port: number;
}

/**
 * The client's side of SOCKS5 CONNECT (RFC 1928), without authentication or, where there are credentials, with
 * username and password (RFC 1929) if the proxy chooses that.
 */
export class Socks5Negotiation implements ProxyNegotiation {
  readonly greeting: Uint8Array;
  readonly #destination: Socks5Destination;
  readonly #credentials: ProxyCredentials | undefined;
  #state: 'method' | 'authentication' | 'reply' = 'method';
  #pending: Buffer = Buffer.alloc(0);

  constructor(destination: Socks5Destination, credentials: ProxyCredentials | undefined) {
    this.#destination = destination;
    this.#credentials = credentials;
    const methods = credentials === undefined ? [Method.none] : [Method.none, Method.usernamePassword];
    this.greeting = Uint8Array.of(version, methods.length, ...methods);
  }

  receive(chunk: Uint8Array): NegotiationStep {
    this.#pending = Buffer.concat([this.#pending, chunk]);
    if (this.#pending.length < 2) return { type: 'incomplete' };
    switch (this.#state) {
      case 'method':
        return this.#receiveMethod();
      case 'authentication':
        return this.#receiveAuthenticationStatus();
      case 'reply':
        return this.#receiveReply();
    }
  }

  #receiveMethod(): NegotiationStep {
    const { length, 0: receivedVersion, 1: method } = this.#takePending();
    if (receivedVersion !== version) return failed('does not speak SOCKS5');
    if (method === Method.unacceptable) {
      return failed('accepts no authentication we offer', 'no-acceptable-method');
    }
    if (length > 2) return failed('spoke out of turn');
    if (method === Method.none) return this.#sendRequest();
    if (method !== Method.usernamePassword || this.#credentials === undefined) {
      return failed('chose an authentication that was not offered');
    }
    this.#state = 'authentication';
    return { type: 'send', bytes: encodeCredentials(this.#credentials) };
  }

  #receiveAuthenticationStatus(): NegotiationStep {
    const { length, 0: receivedVersion, 1: status } = this.#takePending();
    if (receivedVersion !== authenticationVersion) return failed('does not speak RFC 1929');
    if (status !== 0) return failed('refused the username or password', 'authentication-failed');
    return length > 2 ? failed('spoke out of turn') : this.#sendRequest();
  }

  #sendRequest(): NegotiationStep {
    this.#state = 'reply';
    return { type: 'send', bytes: encodeRequest(this.#destination) };
  }

  /** A refusal is final with its second byte: some proxies close without sending the address of §6. */
  #receiveReply(): NegotiationStep {
    const [receivedVersion, code = 0, , addressType, domainBytes] = this.#pending;
    if (receivedVersion !== version) return failed('does not speak SOCKS5');
    if (code !== 0) {
      const reply = replies[code - 1] ?? 'unassigned';
      return failed(`could not connect: reply ${code} (${reply})`, reply);
    }
    if (addressType === undefined) return { type: 'incomplete' };
    const addressBytes = measureAddress(addressType, domainBytes);
    if (addressBytes === 'unknown') return failed('sent an unknown type of address');
    const length = 4 + addressBytes + 2;
    if (this.#pending.length < length) return { type: 'incomplete' };
    return { type: 'open', rest: this.#takePending().subarray(length) };
  }

  #takePending(): Buffer {
    const pending = this.#pending;
    this.#pending = Buffer.alloc(0);
    return pending;
  }
}

/** RFC 1929 §2. */
function encodeCredentials({ username, password }: ProxyCredentials): Uint8Array {
  const [usernameBytes, passwordBytes] = [Buffer.from(username), Buffer.from(password)];
  return Buffer.concat([
    Uint8Array.of(authenticationVersion, usernameBytes.length),
    usernameBytes,
    Uint8Array.of(passwordBytes.length),
    passwordBytes,
  ]);
}

/** RFC 1928 §4. */
function encodeRequest({ hostname, port }: Socks5Destination): Uint8Array {
  return Buffer.concat([
    Uint8Array.of(version, commandConnect, 0),
    encodeAddress(hostname),
    Uint8Array.of(port >> 8, port & 0xff),
  ]);
}

/** RFC 1928 §5. */
function encodeAddress(hostname: string): Uint8Array {
  const family = isIP(hostname);
  if (family === 4) return Uint8Array.of(AddressType.ipv4, ...hostname.split('.').map(Number));
  if (family === 6) return Uint8Array.of(AddressType.ipv6, ...parseIpv6(hostname));
  const name = Buffer.from(hostname);
  return Buffer.concat([Uint8Array.of(AddressType.domain, name.length), name]);
}

/** The 16 bytes of an address that `isIP` takes for IPv6. */
function parseIpv6(address: string): readonly number[] {
  const compressed = new URL(`http://[${address.replace(/%.*$/, '')}]`).hostname.slice(1, -1);
  const [head = '', tail] = compressed.split('::');
  const leading = readGroups(head);
  if (tail === undefined) return leading;
  const trailing = readGroups(tail);
  return [...leading, ...new Array<number>(16 - leading.length - trailing.length).fill(0), ...trailing];
}

function readGroups(text: string): readonly number[] {
  if (text === '') return [];
  return text
    .split(':')
    .flatMap((group) => [Number.parseInt(group, 16) >> 8, Number.parseInt(group, 16) & 0xff]);
}

/** The bytes of a bound address after its type; a domain's length counts as one of them, 0 until it is known. */
function measureAddress(type: number, domainBytes: number | undefined): number | 'unknown' {
  if (type === AddressType.ipv4) return 4;
  if (type === AddressType.ipv6) return 16;
  return type === AddressType.domain ? 1 + (domainBytes ?? 0) : 'unknown';
}

function failed(message: string, reply?: SocksReply): NegotiationStep {
  return { type: 'failed', failure: reply === undefined ? { message } : { message, reply } };
}

const version = 5;
const authenticationVersion = 1;
const commandConnect = 1;
const Method = { none: 0x00, usernamePassword: 0x02, unacceptable: 0xff } as const;
const AddressType = { ipv4: 1, domain: 3, ipv6: 4 } as const;

/** Reply codes 1–8 in order (RFC 1928 §6). */
const replies: readonly SocksReply[] = [
  'general-failure',
  'not-allowed',
  'network-unreachable',
  'host-unreachable',
  'connection-refused',
  'ttl-expired',
  'command-not-supported',
  'address-type-not-supported',
];
