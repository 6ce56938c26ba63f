import { setTimeout as delay } from 'node:timers/promises';

import type { EngineSocket } from 'ieum/dialects/engineio';
import { expect, test } from 'vitest';

import { EngineStage, type EngineWire } from './engine-client.js';

/** A client that polls until it is told to go over, as the official one does. */
class UpgradingClient {
  readonly received: string[] = [];
  #isPaused = false;
  #polling: Promise<void> = Promise.resolve();
  readonly #stage: EngineStage;
  readonly #sid: string;

  constructor(stage: EngineStage, sid: string) {
    this.#stage = stage;
    this.#sid = sid;
  }

  start(): void {
    this.#polling = this.#poll();
  }

  /** Goes over, with something said before and after. */
  async upgrade(): Promise<EngineWire> {
    const wire = this.#stage.connect(`EIO=4&transport=websocket&sid=${this.#sid}`);
    await wire.opened();
    wire.send('2probe');
    expect(await wire.next()).toBe('3probe');
    this.#isPaused = true;
    await this.#polling;
    wire.send('5');
    return wire;
  }

  async #poll(): Promise<void> {
    while (!this.#isPaused) {
      const { body } = await this.#stage.poll(this.#sid);
      this.received.push(...body.split('\u001e').filter((packet) => packet.startsWith('4')));
    }
  }
}

test('what is sent meanwhile arrives once, in order', async () => {
  let socket: EngineSocket | undefined;
  const stage = await EngineStage.start({
    open: (opened) => {
      socket = opened;
    },
    pingIntervalMs: 5_000,
  });
  const client = new UpgradingClient(stage, await stage.open());
  const count = 400;
  const sending = (async () => {
    for (let i = 0; i < count; i++) {
      await socket?.send(String(i));
      if (i % 7 === 0) await delay(1);
    }
  })();
  client.start();
  const wire = await client.upgrade();
  await sending;
  while (client.received.length < count) client.received.push(await wire.nextText());
  expect(client.received).toEqual(Array.from({ length: count }, (_, i) => `4${i}`));
  expect(socket?.transport).toBe('websocket');
});

test('what the client sends meanwhile is taken in order, behind a handler that takes its time', async () => {
  const taken: string[] = [];
  const stage = await EngineStage.start({
    message: async (_socket, data) => {
      await delay(data === 'slow' ? 60 : 0);
      taken.push(String(data));
    },
  });
  const sid = await stage.open();
  const posted = stage.post(sid, '4slow\u001e4b');
  await delay(10);
  const wire = await stage.connect(`EIO=4&transport=websocket&sid=${sid}`).opened();
  for (const packet of ['2probe', '5', '4c', '4d']) wire.send(packet);
  await posted;
  await delay(50);
  expect(taken).toEqual(['slow', 'b', 'c', 'd']);
});

test('a GET that waits is answered, so that the client can go over', async () => {
  const stage = await EngineStage.start({ pingIntervalMs: 5_000 });
  const sid = await stage.open();
  const polled = stage.poll(sid);
  await delay(20);
  const wire = await stage.connect(`EIO=4&transport=websocket&sid=${sid}`).opened();
  wire.send('2probe');
  expect((await polled).body).toBe('6');
  expect((await stage.poll(sid)).body).toBe('6');
});

test('a second connection that asks is closed, and the first one goes on', async () => {
  const stage = await EngineStage.start();
  const sid = await stage.open();
  const wire = await stage.connect(`EIO=4&transport=websocket&sid=${sid}`).opened();
  expect((await stage.connect(`EIO=4&transport=websocket&sid=${sid}`).refused)[0]).toBe(400);
  wire.send('2probe');
  expect(await wire.next()).toBe('3probe');
});

test.each([['4hello'], ['5'], ['2probe', '4hello'], ['2probe', '2probe'], ['xyz']])(
  'a connection that says %j, %j does not take over, and polling goes on',
  async (...packets) => {
    const stage = await EngineStage.start({ pingIntervalMs: 5_000 });
    const sid = await stage.open();
    const wire = await stage.connect(`EIO=4&transport=websocket&sid=${sid}`).opened();
    for (const packet of packets) if (packet !== undefined) wire.send(packet);
    await wire.closed;
    await stage.post(sid, '4a');
    expect((await stage.poll(sid)).body).toBe('4a');
  },
);

test('one that takes too long does not take over, and another one may', async () => {
  const stage = await EngineStage.start({ upgradeTimeoutMs: 50, pingIntervalMs: 5_000 });
  const sid = await stage.open();
  const wire = await stage.connect(`EIO=4&transport=websocket&sid=${sid}`).opened();
  await wire.closed;
  const second = await stage.connect(`EIO=4&transport=websocket&sid=${sid}`).opened();
  second.send('2probe');
  expect(await second.next()).toBe('3probe');
});

test('without upgrades none is offered and none accepted', async () => {
  const stage = await EngineStage.start({ allowUpgrades: false });
  const { body } = await stage.request('EIO=4&transport=polling');
  const { sid, upgrades } = JSON.parse(body.slice(1));
  expect(upgrades).toEqual([]);
  expect((await stage.connect(`EIO=4&transport=websocket&sid=${sid}`).refused)[0]).toBe(400);
});

test('a session that ends while the client goes over is told so there, behind what was sent', async () => {
  const sockets: EngineSocket[] = [];
  const stage = await EngineStage.start({ open: (socket) => void sockets.push(socket) });
  const sid = await stage.open();
  const wire = await stage.connect(`EIO=4&transport=websocket&sid=${sid}`).opened();
  wire.send('2probe');
  expect(await wire.next()).toBe('3probe');
  void sockets[0]?.send('last');
  sockets[0]?.close();
  wire.send('5');
  expect(await wire.next()).toBe('4last');
  expect(await wire.closed).toBe(1000);
  expect(stage.dialect.sessionCount).toBe(0);
});
