import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { type Served, startServe } from '../support/served.js';
import { WebSocketClient } from '../support/web-socket-client.js';

let served: Served;

beforeEach(async () => {
  served = await startServe();
});
afterEach(() => served.command.kill());

/** A connection to `/echo` that answers no Close frame. */
async function connectStubborn(): Promise<Socket> {
  const socket = connect(served.port, '127.0.0.1');
  socket.on('error', () => {});
  socket.write(
    `GET /echo HTTP/1.1\r\nHost: localhost:${served.port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
      'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n',
  );
  await once(socket, 'data');
  return socket;
}

async function stop(signal: NodeJS.Signals): Promise<void> {
  served.command.child.kill(signal);
  await served.command.until(({ stderr }) => stderr.includes('draining'));
}

describe('ieum serve is stopped', () => {
  test.each(['SIGTERM', 'SIGINT'] as const)(
    '%s closes connections with 1001 and exits with 0',
    async (signal) => {
      const clients = await Promise.all(
        ['/echo', '/broadcast'].map((path) => WebSocketClient.connect(served.wsUrl + path)),
      );
      await stop(signal);
      expect(await Promise.all(clients.map(({ closed }) => closed))).toEqual([1001, 1001]);
      const { status, stdout, stderr } = await served.command.ended;
      expect(status).toBe(0);
      expect(stdout).toMatch(/^listening on \S+\n$/);
      expect(stderr).toContain('2 closed, 0 terminated');
    },
  );

  test('without connections it exits at once', async () => {
    served.command.child.kill('SIGTERM');
    expect((await served.command.ended).status).toBe(0);
  });

  test('an HTTP connection that never asks for anything does not hold it up', async () => {
    const silent = connect(served.port, '127.0.0.1');
    silent.on('error', () => {});
    await once(silent, 'connect');
    const stoppedAt = performance.now();
    served.command.child.kill('SIGTERM');
    expect((await served.command.ended).status).toBe(0);
    expect(performance.now() - stoppedAt).toBeLessThan(8_000);
    silent.destroy();
  });

  test('while it drains it is healthy, not ready, and refuses connections with Retry-After', async () => {
    const stubborn = await connectStubborn();
    await stop('SIGTERM');
    expect((await fetch(`${served.url}/healthz`)).status).toBe(200);
    expect((await fetch(`${served.url}/readyz`)).status).toBe(503);
    await expect(WebSocketClient.connect(`${served.wsUrl}/echo`)).rejects.toMatchObject({
      status: 503,
      headers: { 'retry-after': expect.stringMatching(/^\d+$/) },
    });
    stubborn.destroy();
    expect((await served.command.ended).status).toBe(0);
  });

  test.each([
    ['SIGTERM', 143],
    ['SIGINT', 130],
  ] as const)('a second %s exits at once with %d', async (signal, status) => {
    const stubborn = await connectStubborn();
    await stop(signal);
    const again = setInterval(() => served.command.child.kill(signal), 50);
    const ended = await served.command.ended;
    clearInterval(again);
    expect(ended.status).toBe(status);
    stubborn.destroy();
  });

  test('--drain-timeout bounds it', async () => {
    await served.command.kill();
    served = await startServe(['--drain-timeout', '200ms']);
    const stubborn = await connectStubborn();
    const stoppedAt = performance.now();
    served.command.child.kill('SIGTERM');
    const { status, stderr } = await served.command.ended;
    expect(status).toBe(0);
    expect(stderr).toContain('0 closed, 1 terminated');
    expect(performance.now() - stoppedAt).toBeLessThan(4_000);
    stubborn.destroy();
  });
});
