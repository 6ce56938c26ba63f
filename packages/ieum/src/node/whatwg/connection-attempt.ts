import type { WebSocketUri } from '../../core/handshake/websocket-uri.js';

import { ConnectionDriver } from '../connection-driver.js';
import type { DriverFace } from '../driver-face.js';
import { openConnection } from '../opening/open-connection.js';
import { checkPeerOptions, peerOptionsOf } from '../peer-options.js';
import { PeerProfile } from '../peer-profile.js';

import type { CheckedOptions } from './websocket-options.js';

/** A connection whose opening handshake is done, and that is not read yet. */
export interface Established {
  readonly driver: ConnectionDriver;
  readonly protocol: string;
  readonly extensions: string;
  /** Bytes that came behind the handshake: what the driver starts with. */
  readonly head: Uint8Array;
}

/** One attempt to connect, which can be given up at any time before it has succeeded. */
export class ConnectionAttempt {
  readonly #controller = new AbortController();
  readonly #uri: WebSocketUri;
  readonly #checked: CheckedOptions;
  readonly #profile: PeerProfile;

  /**
   * Unless the options say otherwise, any amount may wait to be sent: a page is told of it and decides.
   *
   * @throws UsageError `ERR_WS_INVALID_OPTION`
   */
  constructor(uri: WebSocketUri, checked: CheckedOptions) {
    this.#uri = uri;
    this.#checked = checked;
    checkPeerOptions(checked.options);
    const options = peerOptionsOf(checked.options);
    this.#profile = new PeerProfile('client', {
      ...options,
      sendQueue: { maxWaitingBytes: Number.POSITIVE_INFINITY, ...options.sendQueue },
    });
  }

  get isAborted(): boolean {
    return this.#controller.signal.aborted;
  }

  /** Gives up: `run` rejects with the reason. */
  abort(reason: unknown): void {
    this.#controller.abort(reason);
  }

  /** Connects. Rejects with `ConnectError`, `HandshakeError`, `UsageError`, or the reason of an abort. */
  async run(face: DriverFace): Promise<Established> {
    const { signal } = this.#checked;
    const handleAbort = () => this.abort(signal?.reason);
    if (signal?.aborted) handleAbort();
    signal?.addEventListener('abort', handleAbort);
    try {
      return await this.#open(face);
    } finally {
      signal?.removeEventListener('abort', handleAbort);
    }
  }

  async #open(face: DriverFace): Promise<Established> {
    const { protocols } = this.#checked;
    const { signal } = this.#controller;
    const options = { ...this.#checked.options, subprotocols: protocols, signal };
    const opened = await openConnection(this.#uri.href, options, this.#profile);
    if (signal.aborted) {
      opened.parts.transport.destroy();
      // Tells its extension, too, that it is over.
      opened.parts.connection.abort();
      opened.parts.connection.nextEvent();
      throw signal.reason;
    }
    const driver = new ConnectionDriver(opened.parts, face);
    const { subprotocol: protocol, extensions, head } = opened;
    return { driver, protocol, extensions, head };
  }
}
