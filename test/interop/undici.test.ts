import { once } from 'node:events';

import { WebSocket } from 'undici';

import { testForeignClient } from './client-contract.js';
import type { ForeignClient, ForeignClose } from './foreign.js';
import { Mailbox } from './mailbox.js';

testForeignClient('undici', () => client, { sendFragments: false, ping: false });

const client: ForeignClient = {
  async connect(url, subprotocols = []) {
    const socket = new WebSocket(url, [...subprotocols]);
    socket.binaryType = 'arraybuffer';
    const messages = new Mailbox<string | Uint8Array>();
    const closes = new Mailbox<ForeignClose>();
    socket.addEventListener('message', ({ data }: { data: string | ArrayBuffer }) => {
      messages.put(typeof data === 'string' ? data : new Uint8Array(data));
    });
    socket.addEventListener('close', ({ code, reason }) => closes.put({ code, reason }));
    await once(socket as unknown as EventTarget, 'open');
    return {
      subprotocol: socket.protocol,
      send: (data) => socket.send(data as string),
      close: (code, reason) => socket.close(code, reason),
      nextMessage: () => messages.next(),
      nextClose: () => closes.next(),
    };
  },
  async stop() {},
};
