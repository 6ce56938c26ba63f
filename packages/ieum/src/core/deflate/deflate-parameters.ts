import type { ExtensionOffer, ExtensionParam } from '../handshake/extension-list.js';

/** The name of the extension (RFC 7692 §7). */
export const permessageDeflate = 'permessage-deflate';

/** The parameters of one element of Sec-WebSocket-Extensions (RFC 7692 §7.1). Undefined is: not there. */
export interface DeflateParameters {
  /** The server compresses each message by itself. */
  readonly serverNoContextTakeover: boolean;
  /** The client does. */
  readonly clientNoContextTakeover: boolean;
  /** The window that the server compresses with has at most 2 to the power of this many bytes: 8–15. */
  readonly serverMaxWindowBits: number | undefined;
  /** The same of the client; `true` in an offer: the client can be told. */
  readonly clientMaxWindowBits: number | true | undefined;
}

/** What both ends agreed on, as one of them sees it. */
export interface DeflateTerms {
  /** Whether each message that we send is compressed by itself. */
  readonly sendNoContextTakeover: boolean;
  /** Windows of our messages have at most 2 to the power of this many bytes. */
  readonly sendWindowBits: number;
  readonly receiveNoContextTakeover: boolean;
  readonly receiveWindowBits: number;
}

/** What one end wishes for. */
export interface DeflatePreferences {
  readonly serverNoContextTakeover: boolean;
  readonly clientNoContextTakeover: boolean;
  /** 9–15: zlib cannot compress with a window of 8 bits. */
  readonly serverMaxWindowBits: number;
  readonly clientMaxWindowBits: number;
}

/** What a server grants: the element of its answer, and what follows from it. */
export interface DeflateGrant {
  readonly answer: ExtensionOffer;
  readonly terms: DeflateTerms;
}

/** What a client offers. */
export function offerDeflate(preferences: DeflatePreferences): ExtensionOffer {
  return formatParameters({
    serverNoContextTakeover: preferences.serverNoContextTakeover,
    clientNoContextTakeover: preferences.clientNoContextTakeover,
    serverMaxWindowBits: belowLargest(preferences.serverMaxWindowBits),
    clientMaxWindowBits: belowLargest(preferences.clientMaxWindowBits) ?? true,
  });
}

/**
 * Grants the first offer of the extension that can be granted; null when there is none. Offers that break the grammar or
 * ask for a window of 8 bits are declined (RFC 7692 §5.1, §7.1).
 */
export function grantDeflate(
  offers: readonly ExtensionOffer[],
  preferences: DeflatePreferences,
): DeflateGrant | null {
  for (const offer of offers) {
    const offered = offer.name === permessageDeflate ? parseParameters(offer.params, 'offer') : null;
    if (offered === null || offered.serverMaxWindowBits === smallestWindowBits) continue;
    return grant(offered, preferences);
  }
  return null;
}

/** What a server's answer to `offer` means for the client; null when it breaks the rules: the client fails then. */
export function readDeflateAnswer(answer: ExtensionOffer, offer: ExtensionOffer): DeflateTerms | null {
  const offered = parseParameters(offer.params, 'offer');
  const answered = parseParameters(answer.params, 'answer');
  if (offered === null || answered === null) return null;
  if (offered.serverNoContextTakeover && !answered.serverNoContextTakeover) return null;
  const { serverMaxWindowBits = largestWindowBits, clientMaxWindowBits } = answered;
  if (serverMaxWindowBits > (offered.serverMaxWindowBits ?? largestWindowBits)) return null;
  if (clientMaxWindowBits !== undefined && offered.clientMaxWindowBits === undefined) return null;
  return {
    // Having offered it, we keep to it, whether the server mentions it or not (RFC 7692 §7.1.1.2).
    sendNoContextTakeover: offered.clientNoContextTakeover || answered.clientNoContextTakeover,
    sendWindowBits: Math.min(bitsOf(clientMaxWindowBits), bitsOf(offered.clientMaxWindowBits)),
    receiveNoContextTakeover: answered.serverNoContextTakeover,
    receiveWindowBits: serverMaxWindowBits,
  };
}

function grant(offered: DeflateParameters, preferences: DeflatePreferences): DeflateGrant {
  const serverMaxWindowBits = Math.min(
    preferences.serverMaxWindowBits,
    offered.serverMaxWindowBits ?? largestWindowBits,
  );
  // The client can only be told when it said so (RFC 7692 §7.1.2.2).
  const clientMaxWindowBits =
    offered.clientMaxWindowBits === undefined
      ? largestWindowBits
      : Math.min(preferences.clientMaxWindowBits, bitsOf(offered.clientMaxWindowBits));
  const serverNoContextTakeover = offered.serverNoContextTakeover || preferences.serverNoContextTakeover;
  const clientNoContextTakeover = offered.clientNoContextTakeover || preferences.clientNoContextTakeover;
  const answer = formatParameters({
    serverNoContextTakeover,
    clientNoContextTakeover,
    serverMaxWindowBits:
      offered.serverMaxWindowBits === undefined ? belowLargest(serverMaxWindowBits) : serverMaxWindowBits,
    clientMaxWindowBits: belowLargest(clientMaxWindowBits),
  });
  const terms = {
    sendNoContextTakeover: serverNoContextTakeover,
    sendWindowBits: serverMaxWindowBits,
    receiveNoContextTakeover: clientNoContextTakeover,
    receiveWindowBits: clientMaxWindowBits,
  };
  return { answer, terms };
}

/** Null when a parameter is unknown, there twice, or has a value that it cannot have (RFC 7692 §7.1). */
function parseParameters(
  params: readonly ExtensionParam[],
  place: 'offer' | 'answer',
): DeflateParameters | null {
  const values = new Map<string, string | true>();
  for (const [name, value] of params) {
    if (values.has(name) || !isSound(name, value, place)) return null;
    values.set(name, value);
  }
  const clientBits = values.get('client_max_window_bits');
  const serverBits = values.get('server_max_window_bits');
  return {
    serverNoContextTakeover: values.has('server_no_context_takeover'),
    clientNoContextTakeover: values.has('client_no_context_takeover'),
    serverMaxWindowBits: serverBits === undefined ? undefined : Number(serverBits),
    clientMaxWindowBits: typeof clientBits === 'string' ? Number(clientBits) : clientBits,
  };
}

function isSound(name: string, value: string | true, place: 'offer' | 'answer'): boolean {
  switch (name) {
    case 'server_no_context_takeover':
    case 'client_no_context_takeover':
      return value === true;
    case 'server_max_window_bits':
      return value !== true && windowBits.test(value);
    case 'client_max_window_bits':
      return value === true ? place === 'offer' : windowBits.test(value);
    default:
      return false;
  }
}

function formatParameters(parameters: DeflateParameters): ExtensionOffer {
  const params: ExtensionParam[] = [];
  if (parameters.serverNoContextTakeover) params.push(['server_no_context_takeover', true]);
  if (parameters.clientNoContextTakeover) params.push(['client_no_context_takeover', true]);
  const { serverMaxWindowBits: serverBits, clientMaxWindowBits: clientBits } = parameters;
  if (serverBits !== undefined) params.push(['server_max_window_bits', String(serverBits)]);
  if (clientBits !== undefined)
    params.push(['client_max_window_bits', clientBits === true ? true : String(clientBits)]);
  return { name: permessageDeflate, params };
}

function bitsOf(value: number | true | undefined): number {
  return typeof value === 'number' ? value : largestWindowBits;
}

/** The largest window needs no mention. */
function belowLargest(bits: number): number | undefined {
  return bits === largestWindowBits ? undefined : bits;
}

/** RFC 7692 §7.1.2: 8–15, without leading zeros. */
const windowBits = /^(?:[89]|1[0-5])$/;
const smallestWindowBits = 8;
const largestWindowBits = 15;
