import { Server } from 'ieum/dialects/socketio';
import { seededRandom } from 'ieum/testing';
import { describe, expect, test } from 'vitest';

import { SocketIoStage, type SocketWire } from './socketio-stage.js';

/** A server as the public test suite of the protocol wants it. */
async function stage(): Promise<SocketIoStage> {
  const io = new Server({ pingInterval: 300, pingTimeout: 200, connectTimeout: 1_000 });
  io.on('connection', (socket) => {
    socket.emit('auth', socket.handshake.auth);
    socket.on('message', (...args) => socket.emit('message-back', ...args));
    socket.on('message-with-ack', (...args) => args.pop()(...args));
  });
  io.of('/custom').on('connection', (socket) => socket.emit('auth', socket.handshake.auth));
  return SocketIoStage.start(io);
}

async function connected(): Promise<SocketWire> {
  const wire = await (await stage()).wire();
  wire.send('40');
  await wire.nextText();
  await wire.nextText();
  return wire;
}

describe('connecting', () => {
  test.each([
    ['40', /^40\{"sid":"[0-9a-f]{40}"\}$/, '42["auth",{}]'],
    ['40{"token":"123"}', /^40\{"sid":"[0-9a-f]{40}"\}$/, '42["auth",{"token":"123"}]'],
    ['40/custom,', /^40\/custom,\{"sid":"[0-9a-f]{40}"\}$/, '42/custom,["auth",{}]'],
    ['40/custom', /^40\/custom,\{"sid":"[0-9a-f]{40}"\}$/, '42/custom,["auth",{}]'],
    ['40/custom,{"token":"abc"}', /^40\/custom,\{"sid":/, '42/custom,["auth",{"token":"abc"}]'],
  ])('with %s', async (packet, answer, event) => {
    const wire = await (await stage()).wire();
    wire.send(packet);
    expect(await wire.nextText()).toMatch(answer);
    expect(await wire.nextText()).toBe(event);
  });

  test.each(['/random', '/__proto__', '/constructor', '/_0', '/custom/x', '/custom?a=b'])(
    'to a namespace that is not there is refused: %s',
    async (namespace) => {
      const wire = await (await stage()).wire();
      wire.send(`40${namespace},`);
      expect(await wire.nextText()).toBe(`44${namespace},{"message":"Invalid namespace"}`);
      wire.send('40');
      expect(await wire.nextText()).toMatch(/^40\{/);
    },
  );

  test('a second time to the same namespace changes nothing', async () => {
    const wire = await connected();
    wire.send('40');
    wire.send('42["message",1]');
    expect(await wire.nextText()).toBe('42["message-back",1]');
  });

  test('is to be done in time', async () => {
    const wire = await (await stage()).wire();
    void wire.nextText();
    await wire.closed;
  });

  test.each([
    '4abc',
    '4',
    '42["message",1]',
    '42/custom,["message",1]',
    '430[]',
    '41',
    '452-["message",{"_placeholder":true,"num":0}]',
    '40[]',
  ])('%s before it ends the connection', async (packet) => {
    const wire = await (await stage()).wire();
    wire.send(packet);
    if (packet.startsWith('45')) wire.send(Uint8Array.of(1, 2));
    await wire.closed;
  });
});

describe('disconnecting', () => {
  test('from the main namespace leaves the connection open', async () => {
    const wire = await connected();
    wire.send('41');
    expect(await wire.next()).toBe('2');
    wire.send('3');
    wire.send('40');
    expect(await wire.nextText()).toMatch(/^40\{/);
  });

  test('from another namespace leaves the main one', async () => {
    const wire = await connected();
    wire.send('40/custom,');
    expect(await wire.nextText()).toMatch(/^40\/custom,/);
    await wire.nextText();
    wire.send('41/custom,');
    wire.send('42["message","to main"]');
    expect(await wire.nextText()).toBe('42["message-back","to main"]');
  });
});

describe('events', () => {
  const [first, second] = [Uint8Array.of(1, 2, 3), Uint8Array.of(4, 5, 6)];
  const placeholders = '{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}';

  test.each([
    ['42["message",1,"2",{"3":[true]}]', '42["message-back",1,"2",{"3":[true]}]'],
    ['42456["message-with-ack",1,"2",{"3":[false]}]', '43456[1,"2",{"3":[false]}]'],
    ['420["message-with-ack"]', '430[]'],
  ])('%s', async (packet, answer) => {
    const wire = await connected();
    wire.send(packet);
    expect(await wire.nextText()).toBe(answer);
  });

  test.each([
    [`452-["message",${placeholders}]`, `452-["message-back",${placeholders}]`],
    [`452-789["message-with-ack",${placeholders}]`, `462-789[${placeholders}]`],
  ])('%s, with its attachments', async (packet, answer) => {
    const wire = await connected();
    wire.send(packet);
    wire.send(first);
    wire.send(second);
    expect(await wire.nextText()).toBe(answer);
    expect([await wire.next(), await wire.next()]).toEqual([first, second]);
  });

  test.each([
    '4abc',
    '42{}',
    '42abc',
    '42"x"',
    '42[]',
    '42["disconnect"]',
    '42["connect_error"]',
    '42abc["message-with-ack",1]',
    '45["message"]',
    '4511-["message"]',
    '451-["message"]',
    '44{"message":"no"}',
    '46x',
  ])('%s ends the connection', async (packet) => {
    const wire = await connected();
    wire.send(packet);
    if (packet === '451-["message"]') wire.send(first);
    await wire.closed;
  });

  test('an attachment that nothing announced ends the connection', async () => {
    const wire = await connected();
    wire.send(first);
    await wire.closed;
  });

  test('CVE-2024-38355: an event named error harms nobody', async () => {
    const wire = await connected();
    wire.send('42["error","x"]');
    wire.send('42["message",1]');
    expect(await wire.nextText()).toBe('42["message-back",1]');
  });

  test('an acknowledgement that nobody waits for is ignored', async () => {
    const wire = await connected();
    for (const packet of ['43999[]', '430["x"]', '42["message",1]']) wire.send(packet);
    expect(await wire.nextText()).toBe('42["message-back",1]');
  });
});

test('whatever clients send, the process answers and forgets them', async () => {
  const served = await stage();
  const random = seededRandom(56);
  const parts = [
    '0',
    '1',
    '2',
    '3',
    '5',
    '6',
    '1-',
    '/custom',
    ',',
    '7',
    '["message"',
    ',{"_placeholder":true,"num":0}',
    ']',
    '{',
    '}',
    '"',
  ];
  for (let round = 0; round < 60; round++) {
    const wire = await served.wire();
    wire.send('40');
    for (let message = 0; message < 5; message++) {
      let text = '4';
      const count = random.below(7);
      for (let i = 0; i < count; i++) text += parts[random.below(parts.length)];
      wire.send(random.below(5) === 0 ? Uint8Array.from(random.bytes(3)) : text);
    }
    if (random.below(2) === 0) wire.socket.terminate();
    else wire.send('1');
    await wire.closed;
  }
  expect(served.errors).toEqual([]);
  await expect.poll(() => served.io.engine.clientsCount).toBe(0);
  expect(served.io.sockets.sockets.size).toBe(0);
});
