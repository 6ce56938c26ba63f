import { checkNames, type OptionVocabulary, requireFunctions, requireObject } from '../core/option-check.js';
import { guardedReporter } from '../platform/error-reporter.js';
import { openConnection } from './opening/open-connection.js';
import { type OpeningOptions, openingOptionNames } from './opening/open-stream.js';
import { connectHints } from './option-hints.js';
import { Peer } from './peer.js';
import type { PeerHandlers } from './peer-handlers.js';
import {
  checkPeerHandlers,
  checkPeerOptions,
  type PeerOptions,
  peerHandlerNames,
  peerOptionNames,
  peerOptionsOf,
} from './peer-options.js';
import { PeerProfile } from './peer-profile.js';

/** How a client connects, what it does with the connection, and its limits. */
export interface ConnectOptions extends OpeningOptions, PeerOptions, PeerHandlers<undefined> {
  /** Told of exceptions that a handler lets out. Default: standard error. */
  readonly reportError?: (error: unknown, peer: Peer<undefined>) => void;
}

/**
 * Connects to a WebSocket server. The result is the same `Peer` that a server has: with a `message` handler messages go
 * there, without one they wait for `for await (const message of peer)`.
 *
 * @param url `ws:` or `wss:`; `http:` and `https:` mean the same
 * @throws UsageError for options that cannot work, before anything is sent
 * @throws ConnectError when the server cannot be reached
 * @throws HandshakeError when it answers with anything but a correct handshake
 * @throws the reason of `signal` when that is aborted before the connection is open; later it has no effect
 */
export async function connect(url: string | URL, options: ConnectOptions = {}): Promise<Peer<undefined>> {
  checkConnectOptions(options);
  const profile = new PeerProfile('client', peerOptionsOf(options));
  const { parts, head, ...identity } = await openConnection(url, options, profile);
  const owner = {
    reportError: guardedReporter(options.reportError),
    handleGone: () => {},
    handleFinished: () => {},
  };
  const peer = new Peer<undefined>(parts, { ...identity, user: undefined }, options, owner);
  peer.start(head);
  return peer;
}

function checkConnectOptions(options: unknown): asserts options is ConnectOptions {
  requireObject('the second argument of connect', options, "write { subprotocols: ['chat'], … }");
  const checked: ConnectOptions = options;
  checkNames('connect', checked, vocabulary);
  checkPeerOptions(checked);
  checkPeerHandlers('', checked);
  requireFunctions('', checked, ['reportError']);
}

const vocabulary: OptionVocabulary = {
  names: [...peerOptionNames, ...peerHandlerNames, ...openingOptionNames, 'reportError'],
  hints: connectHints,
};
