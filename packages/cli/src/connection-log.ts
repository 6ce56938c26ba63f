import type { CloseRecord, ObservedOpening, Peer, Refusal, ServerObserver } from 'ieum';

import type { ServedUser } from './auth/authentication.js';
import type { Log, LogFields, LogLevel } from './log.js';
import { LogLimit } from './log-limit.js';
import { causeOf } from './metrics/connection-metrics.js';

/**
 * Logs what comes and goes: connections at `debug`, refusals at `info`. Paths are logged without their query, which may have a
 * token. Of many refusals at a time, most are only counted.
 */
export class ConnectionLog implements ServerObserver<ServedUser> {
  readonly #log: Log;
  readonly #tellsAll: boolean;
  readonly #refusals = new LogLimit();

  /** @param level the least that is logged: above `debug`, connections cost nothing here */
  constructor(log: Log, level: LogLevel) {
    this.#log = log;
    this.#tellsAll = level === 'debug';
  }

  handleOpened(
    { request, subprotocol, extensions }: Peer<ServedUser>,
    { httpVersion }: ObservedOpening,
  ): void {
    if (!this.#tellsAll) return;
    this.#log.debug(`connected: ${request.address} on ${request.path}`, {
      event: 'connection.opened',
      address: request.address,
      path: request.path,
      http: httpVersion,
      subprotocol,
      extensions,
    });
  }

  handleClosed({ request }: Peer<ServedUser>, record: CloseRecord): void {
    if (!this.#tellsAll) return;
    const cause = causeOf(record);
    this.#log.debug(`gone: ${request.address} on ${request.path}, ${cause}, code ${record.code}`, {
      event: 'connection.closed',
      address: request.address,
      path: request.path,
      cause,
      code: record.code,
      reason: record.reason,
      clean: record.wasClean,
    });
  }

  handleRefused({ status, reason }: Refusal, { request, httpVersion }: ObservedOpening): void {
    const tellOfMore = (count: number) =>
      this.#log.info(`refused: ${count} more in a short time`, { event: 'handshake.refused-more', count });
    if (!this.#refusals.admits(tellOfMore)) return;
    const from = request === null ? '' : ` ${request.address} on ${request.path}`;
    const fields: LogFields = { event: 'handshake.refused', status, reason, http: httpVersion };
    this.#log.info(`refused${from}: ${status} ${reason}`, {
      ...fields,
      ...(request === null
        ? {}
        : { address: request.address, path: request.path, origin: request.origin ?? null }),
    });
  }
}
