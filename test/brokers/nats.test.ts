import { createNatsBroker } from '../../packages/ieum/src/brokers/nats/index.js';
import type { Broker } from '../../packages/ieum/src/hub/broker.js';
import { NatsGate, NatsServer } from '../support/nats-server.js';
import { brokerContract } from './broker-contract.js';

brokerContract('the NATS broker', async () => {
  const server = await NatsServer.start();
  const gates = new Map<Broker, NatsGate>();
  return {
    async createBroker() {
      const gate = await NatsGate.open(server.port);
      const broker = createNatsBroker({ servers: gate.url, nodeLeaseMs: 1_500 });
      gates.set(broker, gate);
      return broker;
    },
    async kill(broker) {
      await gates.get(broker)?.close();
      await broker.close();
    },
    interrupt: () => server.kill(),
    restore: () => server.restart(),
    restoreEmpty: () => server.restartEmpty(),
    async cutConnections() {
      for (const gate of gates.values()) gate.cut();
    },
    async stop() {
      await Promise.all([...gates.values()].map((gate) => gate.close()));
      await server.stop();
    },
  };
});
