// #region server
import { createServer } from 'ieum';
import { createNativeDialect } from 'ieum/dialects/native';
import { createHub } from 'ieum/hub';

const users = new Map([
  ['s3cret', { name: 'ann', role: 'admin' }],
  ['pa55', { name: 'bob', role: 'guest' }],
]);

const hub = createHub({ topics: { 'chat/*': { presence: true } } });
await hub.open();

const native = createNativeDialect({
  hub,
  authenticate: (token) => {
    const user = users.get(token ?? '');
    return user === undefined ? null : { name: user.name, user, info: { role: user.role } };
  },
});
const server = createServer({ routes: { '/hub': native } });
const { PORT = '8080' } = process.env;
const { url } = await server.listen({ port: Number(PORT) });
console.log(`listening on ${url}`);
// #endregion

// #region end
process.once('SIGTERM', async () => {
  hub.dismiss();
  await server.drain();
  await hub.close();
});

// #endregion

export { hub, server, url };
