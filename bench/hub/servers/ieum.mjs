import { createNatsBroker } from '../../../packages/ieum/dist/brokers/nats/index.js';
import { createRedisBroker } from '../../../packages/ieum/dist/brokers/redis/index.js';
import { createNativeDialect } from '../../../packages/ieum/dist/dialects/native/index.js';
import { createHub } from '../../../packages/ieum/dist/hub/index.js';
import { createServer } from '../../../packages/ieum/dist/index.js';

const { BROKER_URL = '', HISTORY } = process.env;

const hub = createHub({
  broker: BROKER_URL.startsWith('nats:')
    ? createNatsBroker({ servers: BROKER_URL })
    : createRedisBroker({ url: BROKER_URL }),
  topics: { room: HISTORY === 'none' ? { history: false } : {} },
});
await hub.open();

const dialect = createNativeDialect({ hub, authenticate: () => ({ name: null, user: null }) });
const server = createServer({ routes: { '/hub': dialect } });
const address = await server.listen({ host: '127.0.0.1', port: 0 });
process.stdout.write(`${JSON.stringify({ port: 'port' in address ? address.port : 0 })}\n`);
// A profile is written when the process exits by itself.
process.once('SIGTERM', () => process.exit(0));
