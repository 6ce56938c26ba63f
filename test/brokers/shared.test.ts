import type { ExchangeBroker } from '../../packages/cli/src/hub/exchange/exchange-broker.js';
import { type BrokerHarness, brokerContract } from './broker-contract.js';
import { SharedExchange } from './shared-exchange.js';

brokerContract('an exchange of workers whose sockets break', () =>
  startHarness((exchange) => ({
    interrupt: async () => exchange.cut(false),
    restore: async () => exchange.mend(),
    async restoreEmpty() {
      await exchange.kill();
      await exchange.restart();
      exchange.mend();
    },
  })),
);

// It has no data to come back with: whatever it is restored with is nothing.
brokerContract('an exchange of workers whose process is killed', () =>
  startHarness((exchange) => ({
    interrupt: () => exchange.kill(),
    restore: () => exchange.restart(),
    restoreEmpty: () => exchange.restart(),
  })),
);

async function startHarness(
  interruptions: (exchange: SharedExchange) => Pick<BrokerHarness, 'interrupt' | 'restore' | 'restoreEmpty'>,
): Promise<BrokerHarness> {
  const exchange = await SharedExchange.start();
  return {
    createBroker: () => exchange.createBroker(),
    kill: async (broker) => exchange.relayOf(broker as ExchangeBroker).end(),
    cutConnections: async () => exchange.cut(true),
    stop: () => exchange.stop(),
    ...interruptions(exchange),
  };
}
