import { formatExtensionList } from '../../core/handshake/extension-list.js';

import type { DriverParts } from '../driver-parts.js';
import type { PeerProfile } from '../peer-profile.js';
import { Scheduler } from '../scheduler.js';
import type { UpgradeRequest } from '../upgrade-request.js';

import { HandshakeError } from './handshake-error.js';
import { type OpenedStream, type OpeningOptions, openStream } from './open-stream.js';

/** A client's connection whose opening handshake is done, and that is not read yet. */
export interface OpenedConnection {
  readonly parts: DriverParts;
  readonly request: UpgradeRequest;
  /** Empty for none. */
  readonly subprotocol: string;
  /** What the server granted, as it says it. */
  readonly extensions: string;
  /** Bytes that came behind the handshake: what the driver starts with. */
  readonly head: Uint8Array;
}

/** Connects, with the extensions of the profile. Throws what `openStream` throws. */
export async function openConnection(
  url: string | URL,
  options: OpeningOptions,
  profile: PeerProfile,
): Promise<OpenedConnection> {
  const offered = profile.deflate === null ? [] : [profile.deflate.offer];
  const opened = await openStream(url, { ...options, extensions: offered });
  try {
    return established(opened, profile);
  } catch (error) {
    opened.openTransport('public').destroy();
    throw error;
  }
}

function established(opened: OpenedStream, profile: PeerProfile): OpenedConnection {
  const { head, subprotocol, request, extensions } = opened;
  const [answer] = extensions;
  const extension = answer === undefined ? null : (profile.deflate?.accept(answer) ?? null);
  if (answer !== undefined && extension === null) {
    throw new HandshakeError(
      'ERR_WS_HANDSHAKE_EXTENSIONS',
      'the server granted permessage-deflate with parameters that it must not have',
    );
  }
  const transport = opened.openTransport(profile.socketAccess);
  return {
    parts: profile.createParts(transport, new Scheduler(), extension),
    request,
    subprotocol,
    extensions: extensions.length === 0 ? '' : formatExtensionList(extensions),
    head,
  };
}
