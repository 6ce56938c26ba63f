import { createServer, type UpgradeRequest } from 'ieum';
import { createStompDialect } from 'ieum/dialects/stomp';
import { createHub } from 'ieum/hub';

/** A server that speaks STOMP on `/stomp`, with large payloads, queues for all, and quick heart-beats. */
export async function startStompServer(pages: Readonly<Record<string, string>> = {}) {
  const hub = createHub<string>({ topics: { '**': { maxPayloadBytes: 1_000_000 } } });
  await hub.open();
  const server = createServer({
    ...createStompDialect<string, UpgradeRequest>({
      hub,
      authenticate: ({ login, passcode }) =>
        login !== null && passcode !== 'secret' ? null : { name: login, user: login ?? '' },
      queues: { authorize: () => true },
      heartBeat: { sendMs: 250, receiveMs: 250 },
    }),
    request(request, response) {
      const page = pages[request.url ?? ''];
      response.writeHead(page === undefined ? 404 : 200, {
        'Content-Type': request.url === '/' ? 'text/html' : 'text/javascript',
      });
      response.end(page);
    },
  });
  const { port } = await server.listen();
  const close = async () => {
    await hub.close();
    await server.close();
  };
  return { hub, server, port, close };
}
