import { afterAll, afterEach, beforeAll, beforeEach, describe } from 'vitest';
import { type BrokerHarness, type BrokerTraits, Stage } from './broker-stage.js';
import { historyContract } from './contract/history.js';
import { interruptionContract } from './contract/interruption.js';
import { lifeContract } from './contract/life.js';
import { membersContract } from './contract/members.js';
import { orderContract } from './contract/order.js';
import { patternsContract } from './contract/patterns.js';
import { publishingContract } from './contract/publishing.js';

export type { BrokerHarness, BrokerTraits } from './broker-stage.js';

/**
 * All that `Broker` promises, as tests of one kind of broker. The server is started once for all of them, and topics are
 * not used twice.
 */
export function brokerContract(
  name: string,
  start: () => Promise<BrokerHarness>,
  traits: BrokerTraits = {},
): void {
  describe(name, () => {
    let harness: BrokerHarness;
    let stage: Stage;
    beforeAll(async () => {
      harness = await start();
    }, 60_000);
    beforeEach(() => {
      stage = new Stage(harness);
    });
    afterEach(() => stage.end(), 30_000);
    afterAll(() => harness?.stop(), 30_000);

    const given = () => stage;
    describe('publishing', () => publishingContract(given));
    describe('order', () => orderContract(given));
    describe('history', () => historyContract(given));
    describe('patterns', () => patternsContract(given));
    describe('members', () => membersContract(given));
    describe('interruptions', () => interruptionContract(given, traits));
    describe('opening and closing', () => lifeContract(given));
  });
}
