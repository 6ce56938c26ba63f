import type { HubObserver } from 'ieum/hub';

import type { Log } from '../log.js';
import type { HubMetrics } from '../metrics/hub-metrics.js';
import type { Tracing } from '../tracing/tracing.js';

import { withoutCredentials } from './broker-choice.js';

export interface HubWatchParts {
  readonly metrics: HubMetrics;
  /** Null when nobody traces. */
  readonly tracing: Tracing | null;
  readonly log: Log;
}

/** An observer that counts, logs and traces. */
export function watchHub({ metrics, tracing, log }: HubWatchParts): HubObserver {
  const readiness = new ReadinessLog(log);
  return {
    handleFanOut: (topic, payloadBytes, fanOut) => metrics.handleFanOut(topic, payloadBytes, fanOut),
    handleRecovery: (outcome, publications) => metrics.handleRecovery(outcome, publications),
    handleSlowReader: (policy, dropped) => metrics.handleSlowReader(policy, dropped),
    handleRefusal: (code) => metrics.handleRefusal(code),
    handleReadiness: (isReady, error) => readiness.handleReadiness(isReady, error),
    ...(tracing === null ? {} : { startOperation: (operation) => tracing.startOperation(operation) }),
  };
}

/** Tells of a broker that goes, and that it has come back: as warnings, both. That it is there at first is no news. */
class ReadinessLog {
  readonly #log: Log;
  #wasAway = false;

  constructor(log: Log) {
    this.#log = log;
  }

  handleReadiness(isReady: boolean, error: unknown): void {
    if (isReady) {
      if (this.#wasAway) this.#log.warn('the broker is there again', { event: 'broker.up' });
      else this.#log.debug('the broker is there', { event: 'broker.up' });
      return;
    }
    this.#wasAway = true;
    const reason = withoutCredentials(
      error instanceof Error ? error.message : String(error ?? 'no reason known'),
    );
    this.#log.warn(`the broker cannot be reached: ${reason}`, { event: 'broker.down', reason });
  }
}
