import { once } from 'node:events';

import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';

import { type Certificates, createCertificates } from '../../../../../test/support/certificates.js';
import { acceptance, startScriptedServer } from '../../../../../test/support/scripted-server.js';
import type { FailureEvent } from './failure-event.js';
import { WebSocket } from './websocket.js';
import { WebSocketStream } from './websocket-stream.js';

let certificates: Certificates;

beforeAll(async () => {
  certificates = await createCertificates();
});

/** Starts a server that greets over TLS and says goodbye. */
async function serve(): Promise<string> {
  const greeting = Buffer.concat([Buffer.of(0x81, 2), Buffer.from('hi'), Buffer.of(0x88, 0)]);
  const server = await startScriptedServer(
    (socket, request) => socket.end(Buffer.concat([Buffer.from(acceptance(request)), greeting])),
    { tls: certificates.server },
  );
  onTestFinished(() => server.close());
  return server.url;
}

describe('over TLS', () => {
  it('a WebSocket trusts whom its options say', async () => {
    const url = await serve();
    const socket = new WebSocket(url, { tls: { ca: certificates.authority.cert } });
    const messages: MessageEvent[] = [];
    socket.onmessage = (event) => messages.push(event);
    await once(socket, 'close');
    expect(messages.map(({ data, origin }) => [data, origin])).toEqual([['hi', url]]);
  });

  it('a WebSocket trusts nobody else', async () => {
    const socket = new WebSocket(await serve());
    const failures: FailureEvent[] = [];
    socket.onerror = (event) => failures.push(event);
    await once(socket, 'close');
    expect(failures[0]?.error).toMatchObject({ code: 'ERR_WS_TLS' });
  });

  it('a WebSocketStream trusts whom its options say', async () => {
    const stream = new WebSocketStream(await serve(), { tls: { ca: certificates.authority.cert } });
    const { readable } = await stream.opened;
    expect((await readable.getReader().read()).value).toBe('hi');
    expect(await stream.closed).toEqual({ closeCode: 1005, reason: '' });
  });
});
