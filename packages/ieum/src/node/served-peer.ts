import type { CloseRecord } from '../core/close-record.js';

import type { AdmissionTicket } from './admission/connection-limits.js';
import type { Peer } from './peer.js';
import type { PeerOwner } from './peer-handlers.js';
import type { Listed, Roster } from './roster.js';
import type { ServerObservation } from './server-observation.js';

/** What the peers of a server have in common. */
export interface ServedPeersParts<User> {
  /** Those who are connected. */
  readonly peers: Roster<ServedPeer<User>>;
  readonly report: (error: unknown, peer: Peer<User>) => void;
  /** Null when nobody wants to know. */
  readonly observation: ServerObservation<User> | null;
}

/** A server's part in one of its peers: it is on the list while it is connected, and holds its place until all is handled. */
export class ServedPeer<User> implements PeerOwner<User>, Listed {
  place: number | null = null;
  readonly #parts: ServedPeersParts<User>;
  readonly #ticket: AdmissionTicket;
  #peer: Peer<User> | null = null;

  constructor(parts: ServedPeersParts<User>, ticket: AdmissionTicket) {
    this.#parts = parts;
    this.#ticket = ticket;
  }

  /** Whom it is about. */
  get peer(): Peer<User> {
    return this.#peer as Peer<User>;
  }

  /** Puts the peer on the list. Called once. */
  join(peer: Peer<User>): void {
    this.#peer = peer;
    this.#parts.peers.add(this);
  }

  reportError(error: unknown, peer: Peer<User>): void {
    this.#parts.report(error, peer);
  }

  handleGone(peer: Peer<User>, record: CloseRecord): void {
    this.#parts.peers.remove(this);
    this.#parts.observation?.handleClosed(peer, record);
  }

  handleFinished(): void {
    this.#ticket.release();
  }
}

/** The peers that are on the list. */
export function* peersOn<User>(roster: Roster<ServedPeer<User>>): IterableIterator<Peer<User>> {
  for (const { peer } of roster) yield peer;
}
