/**
 * Real processes, and everything that happens to them: three `ieum serve` on a real broker, hundreds of clients that come back,
 * and faults by a seed. Variables make it longer, or another:
 *
 * - `IEUM_CHAOS_SEED`: a number; default one of the day's time, which is printed.
 * - `IEUM_CHAOS_SECONDS`: how long the storm lasts. Default 40.
 * - `IEUM_CHAOS_CALM_SECONDS`: how long it is calm before. Default 20.
 * - `IEUM_CHAOS_CLIENTS`: for each broker. Default 500.
 * - `IEUM_CHAOS_BROKERS`: `redis`, `nats`, or both with a comma. Default both, side by side.
 */
import { expect, test } from 'vitest';

import type { BrokerKind } from './chaos-broker.js';
import { formatReport } from './chaos-report.js';
import { runChaos } from './chaos-run.js';

const {
  IEUM_CHAOS_SEED,
  IEUM_CHAOS_SECONDS,
  IEUM_CHAOS_CALM_SECONDS,
  IEUM_CHAOS_CLIENTS,
  IEUM_CHAOS_BROKERS,
} = process.env;
const stormMs = Number(IEUM_CHAOS_SECONDS ?? 40) * 1_000;
const calmMs = Number(IEUM_CHAOS_CALM_SECONDS ?? 20) * 1_000;
const options = {
  seed: Number(IEUM_CHAOS_SEED ?? Date.now() % 1_000_000),
  clients: Number(IEUM_CHAOS_CLIENTS ?? 500),
  calmMs,
  stormMs,
};
const kinds = (IEUM_CHAOS_BROKERS ?? 'redis,nats').split(',') as BrokerKind[];

test.concurrent.each(kinds)(
  'whatever breaks, clients hear everything once and in order, or of a gap: %s',
  async (kind) => {
    const report = await runChaos(kind, options);
    console.log(formatReport(report));
    expect(report.problems).toEqual([]);
    expect(report.counts.deliveries).toBeGreaterThan(options.clients);
  },
  calmMs + stormMs + 240_000,
);
