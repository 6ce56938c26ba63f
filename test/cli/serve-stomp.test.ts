import { createRequire } from 'node:module';

import { Client, type StompConfig } from '@stomp/stompjs';
import { type JWTPayload, SignJWT } from 'jose';
import { describe, expect, onTestFinished, test } from 'vitest';
import { WebSocket } from 'ws';

import { createKit, type OpenClient } from '../dialects/stomp/kit.js';
import { NativeClient } from '../support/native-client.js';
import { type Served, startServe } from '../support/served.js';

const SockJS: new (
  url: string,
  protocols: null,
  options: { readonly transports: readonly string[] },
) => unknown = createRequire(import.meta.url)('sockjs-client');

async function serve(...args: readonly string[]): Promise<Served> {
  const served = await startServe(args);
  onTestFinished(() => served.command.kill());
  return served;
}

/** A client of STOMP over WebSocket, or over a transport of SockJS. */
async function open(served: Served, config: StompConfig = {}, transport?: string): Promise<OpenClient> {
  const create =
    transport === undefined
      ? () => new WebSocket(`${served.wsUrl}/stomp`, 'v12.stomp')
      : () => new SockJS(`${served.url}/sockjs/stomp`, null, { transports: [transport] });
  const client = await createKit({ Client }, { webSocketFactory: create as never }).open(config);
  onTestFinished(() => client.end());
  return client;
}

const secret = 'a secret of thirty-two bytes, or more';
const sign = (claims: JWTPayload) =>
  new SignJWT(claims).setProtectedHeader({ alg: 'HS256' }).setExpirationTime('10m').sign(Buffer.from(secret));

describe('ieum serve', () => {
  test('has one hub for STOMP, over WebSocket and SockJS, and for ieum.v1', async () => {
    const served = await serve();
    const [plain, fallback, native] = [
      await open(served),
      await open(served, {}, 'xhr-streaming'),
      await NativeClient.open(`${served.wsUrl}/hub`),
    ];
    onTestFinished(() => native.close());
    await native.subscribe('room');
    const inboxes = [await plain.subscribe('/topic/room'), await fallback.subscribe('/topic/room')];
    await fallback.publish('/topic/room', '{"a":"이음"}', { 'content-type': 'application/json' });
    for (const inbox of inboxes) expect((await inbox.next()).body).toBe('{"a":"이음"}');
    await native.until((client) => client.dataOf('room').length === 1);
    expect(native.dataOf('room')).toEqual([{ a: '이음' }]);
    await plain.publish('/topic/room', Uint8Array.of(0, 255), { 'content-type': 'image/png' });
    const message = await inboxes[1]?.next();
    expect([message?.headers['content-transfer-encoding'], message?.body]).toEqual(['base64', 'AP8=']);
    const queue = await plain.subscribe('/queue/jobs', { ack: 'client-individual' });
    await fallback.publish('/queue/jobs', 'job');
    const job = await queue.next();
    job.ack();
    expect(job.body).toBe('job');
    const metrics = await (await fetch(`${served.url}/metrics`)).text();
    expect(metrics).toContain('ieum_connections{path="/stomp",dialect="stomp",transport="websocket"} 1');
  });

  test.each<[name: string, headersOf: (token: string) => Record<string, string>]>([
    ['as passcode', (token) => ({ login: 'whoever', passcode: token })],
    ['as Authorization', (token) => ({ Authorization: `Bearer ${token}` })],
  ])('takes a token %s, and knows who it is', async (_name, headersOf) => {
    const served = await serve('--auth-jwt-secret', secret);
    const claims = { sub: 'ann', topics: { subscribe: ['news'], publish: ['stomp-user/ann/**'] } };
    const ann = await open(served, { connectHeaders: headersOf(await sign(claims)) });
    expect((await ann.connected.next()).headers['user-name']).toBe('ann');
    const inbox = await ann.subscribe('/user/queue/mail');
    await ann.publish('/user/ann/queue/mail', 'to myself');
    expect((await inbox.next()).body).toBe('to myself');
    ann.client.subscribe('/queue/jobs', () => {});
    expect((await ann.errors.next()).headers['ieum-code']).toBe('ERR_HUB_FORBIDDEN');
    const nobody = await open(served, { connectHeaders: { login: 'ann', passcode: 'ann' } });
    expect((await nobody.errors.next()).headers['ieum-code']).toBe('ERR_HUB_UNAUTHENTICATED');
  });

  test('with several workers has topics across them, and no queues, which could not be', async () => {
    const served = await serve('--workers', '2');
    const [one, two] = [await open(served), await open(served)];
    const inbox = await one.subscribe('/topic/room');
    await two.publish('/topic/room', 'x');
    expect((await inbox.next()).body).toBe('x');
    one.client.subscribe('/queue/jobs', () => {});
    expect((await one.errors.next()).headers['ieum-code']).toBe('ERR_STOMP_UNKNOWN_DESTINATION');
  });

  test('closes clients of STOMP in good order when it ends', async () => {
    const served = await serve();
    const { closes } = await open(served);
    served.command.child.kill('SIGTERM');
    expect([1001, 1012]).toContain(await closes.next());
  });
});
