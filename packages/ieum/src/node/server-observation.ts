import type { Clock } from '../channel/clock.js';
import type { CloseRecord } from '../core/close-record.js';
import type { Refusal } from '../core/handshake/refusal.js';

import type { Peer } from './peer.js';
import type { ObservedOpening, ServerObserver } from './server-observer.js';
import type { UpgradeAttempt } from './upgrade-attempt.js';
import type { UpgradeRequest } from './upgrade-request.js';

/** An opening handshake that is being answered. */
export interface OpeningUnderWay {
  readonly attempt: UpgradeAttempt;
  readonly request: UpgradeRequest | null;
  /** The path of the route, as the options have it. */
  readonly route: string | null;
  /** When it came, by the server's clock. */
  readonly startedAt: number;
}

/** Tells an observer; what it throws is reported. */
export class ServerObservation<User> {
  readonly #observer: ServerObserver<User>;
  readonly #clock: Clock;
  readonly #report: (error: unknown, peer?: Peer<User>) => void;

  constructor(
    observer: ServerObserver<User>,
    clock: Clock,
    report: (error: unknown, peer?: Peer<User>) => void,
  ) {
    this.#observer = observer;
    this.#clock = clock;
    this.#report = report;
  }

  handleOpened(peer: Peer<User>, opening: OpeningUnderWay): void {
    try {
      this.#observer.handleOpened?.(peer, this.#describe(opening));
    } catch (error) {
      this.#report(error, peer);
    }
  }

  handleClosed(peer: Peer<User>, record: CloseRecord): void {
    try {
      this.#observer.handleClosed?.(peer, record);
    } catch (error) {
      this.#report(error, peer);
    }
  }

  handleRefused(refusal: Refusal, opening: OpeningUnderWay): void {
    try {
      this.#observer.handleRefused?.(refusal, this.#describe(opening));
    } catch (error) {
      this.#report(error);
    }
  }

  #describe({ attempt, request, route, startedAt }: OpeningUnderWay): ObservedOpening {
    const { httpVersion } = attempt;
    return { request, route, httpVersion, durationMs: Math.max(0, this.#clock.now() - startedAt) };
  }
}
