import { Client } from '@stomp/stompjs';
import { connect } from 'ieum';
import { afterAll, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';

import { createKit } from './kit.js';
import { scenarios } from './scenarios.js';
import { startStompServer } from './stomp-server.js';

const { hub, port, close } = await startStompServer();
const url = `ws://127.0.0.1:${port}/stomp`;

afterAll(close);

describe('the official client in Node', () => {
  const kit = createKit(
    { Client },
    { webSocketFactory: () => new WebSocket(url, ['v12.stomp', 'v11.stomp', 'v10.stomp']) as never },
  );

  test.each(scenarios)('$name', async ({ run, expected }) => {
    expect(await run(kit)).toEqual(expected);
  });

  test('leaves nothing behind', async () => {
    await expect.poll(() => hub.sessions.size).toBe(0);
  });
});

test.each([
  [['v12.stomp', 'v11.stomp'], 'v12.stomp'],
  [['v10.stomp'], 'v10.stomp'],
  [['v11.stomp', 'v10.stomp'], 'v11.stomp'],
  [[], ''],
])('a client that offers %o is given %o', async (subprotocols, chosen) => {
  const peer = await connect(url, { subprotocols });
  expect(peer.subprotocol).toBe(chosen);
  await peer.close();
});

test('a page of another origin does not even connect', async () => {
  const socket = new WebSocket(url, 'v12.stomp', { origin: 'http://evil.example' });
  const status = await new Promise((resolve) => {
    socket.on('unexpected-response', (_request, { statusCode }) => resolve(statusCode));
    socket.on('error', () => {});
  });
  expect(status).toBe(403);
});
