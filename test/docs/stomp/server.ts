// #region server
import { createServer } from 'ieum';
import { createStompDialect } from 'ieum/dialects/stomp';
import { createHub } from 'ieum/hub';

const users = new Map([['ann', 's3cret']]);
const hub = createHub();
await hub.open();

const stomp = createStompDialect({
  hub,
  authenticate: ({ login, passcode }) =>
    login !== null && users.get(login) === passcode ? { name: login, user: login } : null,
  queues: { authorize: () => true },
});
const server = createServer({ ...stomp });
const { PORT = '8080' } = process.env;
const { url } = await server.listen({ port: Number(PORT) });
console.log(`listening on ${url}`);

// #endregion

export { hub, server, url };
