import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

import { createServer } from 'ieum';
import { describe, expect, onTestFinished, test } from 'vitest';

import { text } from '../support/client-frames.js';
import { openingRequest, RawClient } from '../support/raw-client.js';
import { serve, stop } from '../support/serve.js';

/** Answers in two parts, each of them late. */
const answerSlowly: http.RequestListener = async ({ url = '' }, response) => {
  const body = `page ${url}`;
  await delay(url === '/first' ? 60 : 20);
  response.setHeader('Content-Length', body.length);
  response.write(body.slice(0, 4));
  await delay(20);
  response.end(body.slice(4));
};

const echo = {
  '/': { message: (peer: { send(data: never): unknown }, message: unknown) => peer.send(message as never) },
};

async function serveBeside(): Promise<number> {
  const { port } = await serve({ routes: echo, request: answerSlowly });
  return port;
}

async function serveAttached(): Promise<number> {
  const server = http.createServer(answerSlowly);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const sockets = createServer({ routes: echo });
  sockets.attach(server);
  onTestFinished(async () => {
    await stop(sockets);
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

/** Sends two requests and what follows them in one packet, and takes the responses to those two. */
async function pipeline(port: number, ...following: readonly (string | Uint8Array)[]): Promise<RawClient> {
  const client = await RawClient.connect(port);
  const requests = ['/first', '/second'].map((target) => `GET ${target} HTTP/1.1\r\nHost: localhost\r\n\r\n`);
  client.send(...requests, ...following);
  const responses = [await client.response(), await client.response()];
  expect(responses.map(({ status, body }) => [status, body])).toEqual([
    [200, 'page /first'],
    [200, 'page /second'],
  ]);
  return client;
}

describe.each([
  ['a server that listens', serveBeside],
  ['a server that is attached', serveAttached],
])('behind requests whose responses are late, on %s,', (_, start) => {
  test('an upgrade is answered last, and only frames follow', async () => {
    const client = await pipeline(await start(), openingRequest(), text('at once'));
    expect((await client.response()).status).toBe(101);
    client.send(text('later'));
    expect([await client.frame(), await client.frame()]).toEqual(['text at once', 'text later']);
    expect(client.pending.length).toBe(0);
  });

  test('a refused upgrade is answered last, and nothing follows', async () => {
    const client = await pipeline(await start(), openingRequest({ target: '/nowhere' }), text('x'));
    expect((await client.response()).status).toBe(404);
    await client.end();
    expect(client.pending.length).toBe(0);
  });
});

test.each([
  ['CONNECT', 'CONNECT localhost:1 HTTP/1.1\r\nHost: localhost\r\n\r\n', 405],
  ['garbage', 'garbage\r\n\r\n', 400],
  ['an expectation', 'GET / HTTP/1.1\r\nHost: localhost\r\nExpect: foo\r\n\r\n', 417],
])('behind requests whose responses are late, %s is answered last', async (_, bytes, status) => {
  const client = await pipeline(await serveBeside(), bytes);
  expect((await client.response()).status).toBe(status);
  await client.end();
  expect(client.pending.length).toBe(0);
});
