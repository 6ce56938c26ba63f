import { connect } from 'ieum';
import { describe, expect, onTestFinished, test } from 'vitest';

import { type Served, startServe } from '../support/served.js';
import { OfficialClient } from '../support/sockjs-client.js';
import { SockJsWire } from '../support/sockjs-wire.js';

async function served(args: readonly string[] = []): Promise<Served & { readonly wire: SockJsWire }> {
  const started = await startServe(args);
  const wire = new SockJsWire(started.port);
  onTestFinished(async () => {
    wire.destroy();
    await started.command.kill();
  });
  return { ...started, wire };
}

describe('ieum serve', () => {
  test('echoes to clients of SockJS, and is a hub to them', async () => {
    const { url, wire } = await served();
    for (const transport of ['websocket', 'xhr-streaming']) {
      const echo = new OfficialClient(`${url}/sockjs/echo`, [transport]);
      expect(await echo.opened).toBe(transport);
      echo.send('grüße');
      expect(await echo.next()).toBe('grüße');
      const hub = new OfficialClient(`${url}/sockjs/hub`, [transport]);
      await hub.opened;
      hub.send('{"type":"connect"}');
      expect(JSON.parse(await hub.next())).toMatchObject({ type: 'connected' });
    }
    const metrics = (await wire.get('/metrics')).body;
    expect(metrics).toContain(
      'ieum_connections{path="/sockjs/echo",dialect="sockjs",transport="websocket"} 1',
    );
    expect(metrics).not.toContain('/websocket"');
  });

  test('lets pages of other origins in where it is told to', async () => {
    const headers = { Origin: 'https://good.example' };
    const strict = await served();
    expect((await strict.wire.get('/sockjs/echo/info', { headers })).status).toBe(403);
    const open = await served(['--allow-origin', 'https://good.example']);
    const { status, headers: fields } = await open.wire.get('/sockjs/echo/info', { headers });
    expect([status, fields['access-control-allow-origin']]).toEqual([200, 'https://good.example']);
  });

  test('asks clients over HTTP for a token where it asks others', async () => {
    const { wire, url, wsUrl } = await served(['--auth-jwt-secret', 'x'.repeat(32)]);
    expect((await wire.post('/sockjs/echo/a/b/xhr')).status).toBe(401);
    await expect(connect(`${wsUrl}/sockjs/echo/a/b/websocket`)).rejects.toMatchObject({ status: 401 });
    const hub = new OfficialClient(`${url}/sockjs/hub`);
    await hub.opened;
    hub.send('{"type":"connect"}');
    expect(JSON.parse(await hub.next())).toMatchObject({ code: 'ERR_HUB_UNAUTHENTICATED' });
    expect(await hub.closed).toMatchObject({ code: 4401 });
  });

  test('tells them when it ends', async () => {
    const { wire, command } = await served();
    const stream = await wire.stream('POST', '/sockjs/echo/a/b/xhr_streaming');
    await stream.take('o\n');
    command.child.kill('SIGTERM');
    expect(await stream.take()).toBe('c[1001,""]\n');
    expect(await command.ended).toMatchObject({ status: 0 });
  });
});
