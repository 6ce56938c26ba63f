import { setTimeout as delay } from 'node:timers/promises';

import { accept, type CloseRecord, type DrainOptions } from 'ieum';
import { describe, expect, test } from 'vitest';

import { close } from '../support/client-frames.js';
import { ask, openingRequest, RawClient } from '../support/raw-client.js';
import { serve } from '../support/serve.js';

/** A client that answers the Close frame with its code, and what that frame was. */
async function politeClient(port: number): Promise<{ client: RawClient; told: Promise<string> }> {
  const client = await RawClient.open(port);
  const told = client.frame().then(async (frame) => {
    client.send(close(Number(frame.split(' ')[1])));
    await client.end();
    client.socket.end();
    return frame;
  });
  return { client, told };
}

const records: CloseRecord[] = [];
const noting = { '/': { closed: (_peer: unknown, record: CloseRecord) => void records.push(record) } };

test('everyone is told 1001, answers, and the ports are closed', async () => {
  records.length = 0;
  const { server, port } = await serve({ routes: noting });
  const clients = await Promise.all(Array.from({ length: 5 }, () => politeClient(port)));
  const draining = server.drain();
  expect([server.isDraining, server.drain() === draining, server.drain({ code: 1012 }) === draining]).toEqual(
    [true, true, true],
  );
  expect(new Set(await Promise.all(clients.map(({ told }) => told)))).toEqual(new Set(['close 1001']));
  expect(await draining).toEqual({ closed: 5, terminated: 0 });
  expect([server.peers.size, records.map(({ cause }) => cause.type)]).toEqual([0, Array(5).fill('drain')]);
  await expect(RawClient.connect(port)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
});

test('code and reason are what the caller says', async () => {
  const { server, port } = await serve();
  const { told } = await politeClient(port);
  await server.drain({ code: 1012, reason: 'new version' });
  expect(await told).toBe('close 1012 new version');
});

test('batches follow each other after the interval', async () => {
  const { server, port } = await serve();
  const started = Date.now();
  const clients = await Promise.all(Array.from({ length: 6 }, () => politeClient(port)));
  const times = clients.map(({ told }) => told.then(() => Date.now()));
  await server.drain({ batchSize: 2, batchIntervalMs: 150 });
  const sorted = (await Promise.all(times)).map((time) => time - started).sort((a, b) => a - b);
  const gap = (i: number) => (sorted[i] as number) - (sorted[i - 1] as number);
  expect([gap(2) > 90, gap(4) > 90]).toEqual([true, true]);
});

test('meanwhile new clients get 503 and when to come back', async () => {
  const { server, port } = await serve({ closeTimeoutMs: 400 });
  const stubborn = await RawClient.open(port);
  const draining = server.drain({ timeoutMs: 300 });
  const refused = await ask(port);
  expect([refused.status, refused.field('Retry-After'), refused.body]).toEqual([503, '5', 'shutting down\n']);
  expect(await stubborn.frame()).toBe('close 1001');
  await draining;
});

test('clients that do not answer are terminated when the time is up', async () => {
  const { server, port } = await serve();
  const { told } = await politeClient(port);
  const stubborn = await RawClient.open(port);
  const started = Date.now();
  expect(await server.drain({ timeoutMs: 200 })).toEqual({ closed: 1, terminated: 1 });
  expect(Date.now() - started).toBeLessThan(1_500);
  await told;
  await stubborn.end();
});

test('a client that is being authenticated gets 503 when the decision comes', async () => {
  const { server, port } = await serve<undefined>({
    authenticate: async () => {
      await delay(100);
      return accept(undefined);
    },
  });
  const client = await RawClient.connect(port);
  client.send(openingRequest());
  await delay(30);
  const draining = server.drain({ timeoutMs: 2_000 });
  expect((await client.response()).status).toBe(503);
  client.socket.end();
  expect(await draining).toEqual({ closed: 0, terminated: 0 });
});

test.each([
  ['an HTTP request that is never answered', 'GET /page HTTP/1.1\r\nHost: a\r\n\r\n'],
  ['half a request', 'GET /page HT'],
  ['a body that never comes', 'POST /page HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n'],
  ['nothing', ''],
])('%s does not keep a server from shutting down', async (_, bytes) => {
  const { server, port } = await serve({ request: () => {} });
  const client = await RawClient.connect(port);
  client.send(bytes);
  await delay(30);
  const started = Date.now();
  await server.drain({ timeoutMs: 150 });
  expect(Date.now() - started).toBeLessThan(1_500);
  await client.end();
});

test('close does all that at once', async () => {
  const { server, port } = await serve({ closeTimeoutMs: 200 });
  const { told } = await politeClient(port);
  await RawClient.open(port);
  const started = Date.now();
  await server.close();
  await server.close();
  expect([await told, Date.now() - started < 1_500]).toEqual(['close 1001', true]);
});

describe('misuse', () => {
  test.each<[DrainOptions, string]>([
    [{ batchSize: 0 }, 'ERR_WS_INVALID_OPTION'],
    [{ batchSize: Number.NaN }, 'ERR_WS_INVALID_OPTION'],
    [{ batchIntervalMs: -1 }, 'ERR_WS_INVALID_OPTION'],
    [{ timeoutMs: 0 }, 'ERR_WS_INVALID_OPTION'],
    [{ code: 1006 as never }, 'ERR_WS_INVALID_CLOSE_CODE'],
    [{ reason: 'x'.repeat(124) }, 'ERR_WS_INVALID_CLOSE_REASON'],
  ])('%o throws at once and shuts nothing down', async (options, code) => {
    const { server, port } = await serve();
    expect(() => server.drain(options)).toThrow(expect.objectContaining({ code }));
    expect(server.isDraining).toBe(false);
    await RawClient.open(port);
  });

  test('a server that was closed does not listen again', async () => {
    const { server } = await serve();
    await server.close();
    await expect(server.listen()).rejects.toMatchObject({ code: 'ERR_WS_INVALID_STATE' });
  });
});
