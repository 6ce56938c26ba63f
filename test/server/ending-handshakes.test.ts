import { setTimeout as delay } from 'node:timers/promises';

import { refuse } from 'ieum';
import { describe, expect, test } from 'vitest';

import { openingRequest, RawClient } from '../support/raw-client.js';
import { serve } from '../support/serve.js';

describe.each(['direct', 'public'] as const)('%s access', (socketAccess) => {
  test('a drain turns away who still waits for authentication', async () => {
    let reason: unknown;
    const { server, port } = await serve({
      socketAccess,
      authenticate: (_request, signal) =>
        new Promise<never>(() => {
          signal.addEventListener('abort', () => {
            reason = signal.reason;
          });
        }),
      routes: { '/': {} },
    });
    const client = await RawClient.connect(port);
    client.send(openingRequest());
    await delay(50);
    const report = server.drain({ timeoutMs: 5_000 });
    const response = await client.response();
    expect([response.status, response.field('Retry-After'), reason]).toEqual([503, '5', 'draining']);
    await report;
  });

  test('a refusal reaches a client that sends much behind its request', async () => {
    const { port } = await serve({
      socketAccess,
      authenticate: async () => refuse(403, 'not you'),
      routes: { '/': {} },
    });
    for (let i = 0; i < 20; i++) {
      const client = await RawClient.connect(port);
      client.send(openingRequest(), Buffer.alloc(1024 * 1024));
      const response = await client.response();
      expect([response.status, response.body.trimEnd()]).toEqual([403, 'not you']);
      client.socket.destroy();
    }
  });

  test('who does not go after a refusal is not waited for', async () => {
    const { port } = await serve({ socketAccess, authenticate: async () => refuse(403, 'not you') });
    const client = await RawClient.connect(port);
    client.send(openingRequest());
    await client.until(() => client.hasEnded, 'the end');
    await delay(1_500);
    // The first write is answered with a reset, the second one learns of it.
    client.send(Buffer.from('still here'));
    await delay(100);
    client.send(Buffer.from('still here'));
    await client.until(() => client.error !== null, 'a reset');
  });
});
