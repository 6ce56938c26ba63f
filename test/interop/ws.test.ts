import { once } from 'node:events';
import type { AddressInfo } from 'node:net';

import WebSocket, { WebSocketServer } from 'ws';

import { testForeignClient } from './client-contract.js';
import type { ForeignClient, ForeignClose, ForeignConnection, ForeignServer } from './foreign.js';
import { Mailbox } from './mailbox.js';
import { testForeignServer } from './server-contract.js';

testForeignClient('ws', () => client);
testForeignServer('ws', startServer);

const client: ForeignClient = {
  async connect(url, subprotocols = []) {
    const socket = new WebSocket(url, [...subprotocols]);
    const messages = new Mailbox<string | Uint8Array>();
    const closes = new Mailbox<ForeignClose>();
    socket.on('message', (data: Buffer, isBinary) => messages.put(isBinary ? data : data.toString()));
    socket.on('close', (code, reason) => closes.put({ code, reason: reason.toString() }));
    await once(socket, 'open');
    return connectionOf(socket, messages, closes);
  },
  async stop() {},
};

function connectionOf(
  socket: WebSocket,
  messages: Mailbox<string | Uint8Array>,
  closes: Mailbox<ForeignClose>,
): ForeignConnection {
  return {
    subprotocol: socket.protocol,
    send: (data) => socket.send(data),
    sendFragments(parts) {
      for (const [index, part] of parts.entries()) socket.send(part, { fin: index === parts.length - 1 });
    },
    async ping() {
      socket.ping('ws');
      await once(socket, 'pong');
    },
    close: (code, reason) => socket.close(code, reason),
    nextMessage: () => messages.next(),
    nextClose: () => closes.next(),
  };
}

async function startServer(): Promise<ForeignServer> {
  const server = new WebSocketServer({
    host: '127.0.0.1',
    port: 0,
    perMessageDeflate: true,
    handleProtocols: (offered) => ['second', 'first'].find((name) => offered.has(name)) ?? false,
  });
  const closes = new Mailbox<ForeignClose>();
  server.on('connection', (socket) => {
    socket.on('message', (data: Buffer, isBinary) => answer(socket, data, isBinary));
    socket.on('close', (code, reason) => closes.put({ code, reason: reason.toString() }));
  });
  await once(server, 'listening');
  return {
    url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}`,
    nextClose: () => closes.next(),
    async stop() {
      for (const socket of server.clients) socket.terminate();
      server.close();
      await once(server, 'close');
    },
  };
}

function answer(socket: WebSocket, data: Buffer, isBinary: boolean): void {
  const command = isBinary ? '' : data.toString();
  if (command === '!fragments') {
    socket.send('one ', { fin: false });
    socket.send('two ', { fin: false });
    socket.send('three');
  } else if (command === '!ping') {
    socket.once('pong', () => socket.send('pong'));
    socket.ping('ws');
  } else if (command === '!close') socket.close(4002, 'bye');
  else socket.send(data, { binary: isBinary });
}
