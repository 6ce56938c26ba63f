import { createNativeDialect } from 'ieum/dialects/native';
import type { SockJsChannel } from 'ieum/dialects/sockjs';
import { createHub } from 'ieum/hub';
import { describe, expect, onTestFinished, test } from 'vitest';

import { OfficialClient } from '../../support/sockjs-client.js';
import { closeService, echoService, serveSockJs } from '../../support/sockjs-wire.js';

const transports = ['websocket', 'xhr-streaming', 'xhr-polling', 'eventsource'];

describe.each(transports)('the official client in Node over %s', (transport) => {
  async function connected(service = echoService) {
    const served = await serveSockJs({ service });
    const client = new OfficialClient(`http://127.0.0.1:${served.port}/s`, [transport]);
    expect(await client.opened).toBe(transport);
    return { ...served, client };
  }

  test('has messages of every kind echoed, in order', async () => {
    const { client } = await connected();
    const messages = [
      ...['a', '', '"\\\'', '\0\n\r\u2028\u2029', 'grüße, 이음 😀', '\ud800', '</script>'],
      'x'.repeat(200_000),
      ...Array.from({ length: 100 }, (_, i) => `${i}`),
    ];
    for (const message of messages) client.send(message);
    for (const message of messages) expect((await client.next()) === message).toBe(true);
  });

  test('is told goodbye', async () => {
    const { client } = await connected(closeService);
    expect(await client.closed).toEqual({ code: 3000, reason: 'Go away!', wasClean: true });
  });

  test('leaves, and the service is told', async () => {
    const ends: string[] = [];
    const { client } = await connected({ closed: (_channel, { cause }) => void ends.push(cause.type) });
    client.close(3001, 'bye');
    await expect.poll(() => ends, { timeout: 8_000 }).toHaveLength(1);
  });

  test('gets what a service sends over more than one response, nothing lost', async () => {
    const channels: SockJsChannel[] = [];
    const { client } = await connected({ open: (channel) => void channels.push(channel) });
    const body = 'y'.repeat(10_000);
    const count = 60;
    const sending = (async () => {
      for (let i = 0; i < count; i++) await channels[0]?.send(`${i}:${body}`);
    })();
    for (let i = 0; i < count; i++) expect((await client.next()).startsWith(`${i}:`)).toBe(true);
    await sending;
  });
});

test('the official client falls back by itself where there is no WebSocket', async () => {
  const { port } = await serveSockJs({ webSocket: false });
  const client = new OfficialClient(`http://127.0.0.1:${port}/s`);
  expect(await client.opened).toBe('xhr-streaming');
  client.send('a');
  expect(await client.next()).toBe('a');
});

describe.each(transports)('the native dialect over %s', (transport) => {
  test('is the same as over WebSocket, bytes as base64', async () => {
    const hub = createHub();
    await hub.open();
    onTestFinished(() => hub.close());
    const service = createNativeDialect({ hub, authenticate: () => ({ name: 'ann', user: null }) });
    const { port } = await serveSockJs({ service, binaryMessages: 'base64' });
    const client = new OfficialClient(`http://127.0.0.1:${port}/s`, [transport]);
    await client.opened;
    const say = (message: object) => client.send(JSON.stringify(message));
    const hear = async () => JSON.parse(await client.next());
    say({ type: 'connect' });
    expect(await hear()).toMatchObject({ type: 'connected', name: 'ann' });
    say({ type: 'subscribe', id: 1, topic: 't' });
    expect(await hear()).toMatchObject({ type: 'subscribed', id: 1 });
    await hub.publish('t', { text: 'hi' });
    expect(await hear()).toMatchObject({ type: 'message', topic: 't', data: { text: 'hi' } });
    // A binary message of ieum.v1: the length of its head, its head, its payload.
    const head = Buffer.from(JSON.stringify({ type: 'publish', topic: 't', id: 2 }));
    const length = Buffer.from([head.length >> 8, head.length & 0xff]);
    client.send(`b${Buffer.concat([length, head, Buffer.from([0, 1, 255])]).toString('base64')}`);
    const answers = [await client.next(), await client.next()].sort();
    const [binary = '', published = ''] = answers[0]?.startsWith('b') ? answers : answers.reverse();
    expect(JSON.parse(published)).toMatchObject({ type: 'published', id: 2 });
    const bytes = Buffer.from(binary.slice(1), 'base64');
    expect([binary[0], bytes.subarray(-3)]).toEqual(['b', Buffer.from([0, 1, 255])]);
    expect(JSON.parse(bytes.subarray(2, 2 + bytes.readUInt16BE(0)).toString())).toMatchObject({
      type: 'message',
      topic: 't',
      publisher: 'ann',
    });
    say({ type: 'nonsense' });
    expect(await hear()).toMatchObject({ type: 'error', code: 'ERR_HUB_INVALID_ENVELOPE' });
  });
});
