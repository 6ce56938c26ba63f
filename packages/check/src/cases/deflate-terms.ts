import type { RequestHead } from '../opening/head.js';
import type { OpeningChanges } from '../opening/opening-changes.js';
import type { Wire } from '../wire/wire.js';

import { type ExtensionItem, parseExtensionItems } from './extension-items.js';

/** What a case would like to be agreed on. */
export interface DeflateWish {
  /** Whether the tester keeps its window between messages. Default true. */
  readonly testerTakeover?: boolean;
  /** Whether the peer may keep its window. Default true. */
  readonly peerTakeover?: boolean;
  /** The window of the tester. Default 15. */
  readonly testerBits?: number;
  /** The window that the peer may have. Default 15. */
  readonly peerBits?: number;
}

/** What was agreed on. */
export type DeflateTerms = Required<DeflateWish>;

/** The offer of a tester that is client. */
export function offerFor(wish: DeflateWish): string {
  const { testerTakeover = true, peerTakeover = true, testerBits, peerBits } = wish;
  return [
    deflateName,
    ...(testerTakeover ? [] : ['client_no_context_takeover']),
    ...(peerTakeover ? [] : ['server_no_context_takeover']),
    testerBits === undefined ? 'client_max_window_bits' : `client_max_window_bits=${testerBits}`,
    ...(peerBits === undefined ? [] : [`server_max_window_bits=${peerBits}`]),
  ].join('; ');
}

/** The answer of a tester that is server, to the first offer; nothing when there is none, or none that can grant the wish. */
export function answerFor(request: RequestHead, wish: DeflateWish): OpeningChanges {
  const offer = deflateOfferOf(request);
  const terms = offer === null ? null : serverTerms(offer, wish);
  if (terms === null) return {};
  const { testerTakeover, peerTakeover, testerBits } = terms;
  const answer = [
    deflateName,
    ...(testerTakeover ? [] : ['server_no_context_takeover']),
    ...(peerTakeover ? [] : ['client_no_context_takeover']),
    ...(testerBits < 15 || parameterValue(offer, 'server_max_window_bits') !== undefined
      ? [`server_max_window_bits=${testerBits}`]
      : []),
    ...(wish.peerBits === undefined ? [] : [`client_max_window_bits=${terms.peerBits}`]),
  ].join('; ');
  return { headers: { 'Sec-WebSocket-Extensions': answer } };
}

/** The terms that are in force on this connection. Ends the case as `info` when there are none. */
export function agreedTerms(wire: Wire, wish: DeflateWish): DeflateTerms {
  if (wire.tester === 'server') {
    const offer = deflateOfferOf(wire.request);
    if (offer === null) wire.conclude('the client does not offer permessage-deflate');
    return serverTerms(offer, wish) ?? wire.conclude('the client does not offer a parameter that is needed');
  }
  const answers = parseExtensionItems(wire.response.headers.getAll('Sec-WebSocket-Extensions'));
  if (answers === null) wire.fail('Sec-WebSocket-Extensions of the response is malformed (RFC 6455 §9.1)');
  const [answer] = answers;
  if (answer === undefined) wire.conclude('the server did not accept permessage-deflate');
  const [offer] = parseExtensionItems([offerFor(wish)]) ?? [];
  const fault = answers.length > 1 ? 'it has more than one extension' : answerFault(answer, offer ?? null);
  if (fault !== null) wire.fail(`the answer to permessage-deflate is wrong: ${fault}`);
  return clientTerms(answer, offer ?? null);
}

/** What an answer of a server means, for a tester that is client. */
export function clientTerms(answer: ExtensionItem, offer: ExtensionItem | null): DeflateTerms {
  const offeredBits = parameterValue(offer, 'client_max_window_bits');
  return {
    testerTakeover:
      parameterValue(answer, 'client_no_context_takeover') === undefined &&
      parameterValue(offer, 'client_no_context_takeover') === undefined,
    peerTakeover: parameterValue(answer, 'server_no_context_takeover') === undefined,
    testerBits: Number(parameterValue(answer, 'client_max_window_bits') ?? offeredBits ?? 15),
    peerBits: Number(parameterValue(answer, 'server_max_window_bits') ?? 15),
  };
}

/** What is wrong with a server's answer (RFC 7692 §7.1); null when nothing is. */
export function answerFault(answer: ExtensionItem, offer: ExtensionItem | null): string | null {
  if (answer.name !== deflateName) return `${answer.name} is not permessage-deflate (RFC 6455 §9.1)`;
  const fault = parameterFault(answer);
  if (fault !== null) return fault;
  const clientBits = parameterValue(answer, 'client_max_window_bits');
  const offeredClientBits = parameterValue(offer, 'client_max_window_bits');
  if (clientBits === null) return 'client_max_window_bits has no value (RFC 7692 §7.1.2.2)';
  if (clientBits !== undefined && offeredClientBits === undefined) {
    return 'client_max_window_bits was not offered (RFC 7692 §7.1.2.2)';
  }
  if (Number(clientBits ?? 8) > Number(offeredClientBits ?? 15)) {
    return 'client_max_window_bits is more than was offered (RFC 7692 §7.1.2.2)';
  }
  const offeredServerBits = parameterValue(offer, 'server_max_window_bits');
  if (Number(parameterValue(answer, 'server_max_window_bits') ?? 15) > Number(offeredServerBits ?? 15)) {
    return 'server_max_window_bits is missing, or more than was offered (RFC 7692 §7.1.2.1)';
  }
  const isMissing =
    parameterValue(offer, 'server_no_context_takeover') !== undefined &&
    parameterValue(answer, 'server_no_context_takeover') === undefined;
  return isMissing ? 'server_no_context_takeover is missing (RFC 7692 §7.1.1.1)' : null;
}

/** The client's first offer of permessage-deflate. */
export function deflateOfferOf(request: RequestHead): ExtensionItem | null {
  const items = parseExtensionItems(request.headers.getAll('Sec-WebSocket-Extensions'));
  return items?.find(({ name }) => name === deflateName) ?? null;
}

/** A parameter's value: null when it has none, undefined when the parameter is not there. */
export function parameterValue(item: ExtensionItem | null, name: string): string | null | undefined {
  return item?.params.find((param) => param.name === name)?.value;
}

/** What is wrong with parameters wherever they stand; null when nothing is. */
export function parameterFault({ params }: ExtensionItem): string | null {
  for (const [index, { name, value }] of params.entries()) {
    if (params.findIndex((other) => other.name === name) !== index)
      return `${name} stands twice (RFC 7692 §7.1)`;
    if (flags.has(name) && value === null) continue;
    if (bits.has(name) && (value === null ? name.startsWith('client') : /^(?:[89]|1[0-5])$/.test(value))) {
      continue;
    }
    return `${name}${value === null ? '' : `=${value}`} is no parameter (RFC 7692 §7.1)`;
  }
  return null;
}

function serverTerms(offer: ExtensionItem, wish: DeflateWish): DeflateTerms | null {
  const offeredPeerBits = parameterValue(offer, 'client_max_window_bits');
  if (wish.peerBits !== undefined && offeredPeerBits === undefined) return null;
  const offeredBits = Number(parameterValue(offer, 'server_max_window_bits') ?? 15);
  return {
    testerTakeover:
      wish.testerTakeover !== false && parameterValue(offer, 'server_no_context_takeover') === undefined,
    peerTakeover: wish.peerTakeover !== false,
    testerBits: Math.min(wish.testerBits ?? 15, offeredBits),
    peerBits: Math.min(wish.peerBits ?? 15, Number(offeredPeerBits ?? 15)),
  };
}

export const deflateName = 'permessage-deflate';
const flags: ReadonlySet<string> = new Set(['server_no_context_takeover', 'client_no_context_takeover']);
const bits: ReadonlySet<string> = new Set(['server_max_window_bits', 'client_max_window_bits']);
