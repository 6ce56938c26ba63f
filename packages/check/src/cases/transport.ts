import { Buffer } from 'node:buffer';
import { setTimeout as sleep } from 'node:timers/promises';

import { Opcode } from 'ieum/core';

import type { Case } from '../case.js';
import type { Wire } from '../wire/wire.js';

interface TransportRow extends Partial<Case> {
  readonly id: string;
  readonly title: string;
  readonly run: (wire: Wire) => Promise<void> | void;
}

/** The connection is over without a closing handshake: the peer ends it too. */
const endRows: readonly TransportRow[] = [
  {
    id: 'fin/idle',
    title: 'the end of the connection without a Close',
    run: async (wire) => {
      await wire.expectEcho('text', 'Hello');
      wire.halfClose();
      await expectLetGo(wire);
    },
  },
  {
    id: 'fin/at-once',
    title: 'the end of the connection right behind the opening handshake',
    run: async (wire) => {
      wire.halfClose();
      await expectLetGo(wire);
    },
  },
  {
    id: 'fin/behind-message',
    title: 'a message, and the end of the connection right behind it',
    run: async (wire) => {
      wire.sendMessage('text', 'Hello');
      wire.halfClose();
      await expectLetGo(wire);
    },
  },
  {
    id: 'fin/within-header',
    title: 'the end of the connection in the middle of a frame header',
    run: async (wire) => {
      wire.sendBytes(frameOf(wire, 300).subarray(0, 3));
      wire.halfClose();
      await expectLetGo(wire);
    },
  },
  {
    id: 'fin/within-payload',
    title: 'the end of the connection in the middle of a payload',
    run: async (wire) => {
      wire.sendBytes(frameOf(wire, 300).subarray(0, 100));
      wire.halfClose();
      await expectLetGo(wire);
    },
  },
  {
    id: 'fin/between-fragments',
    title: 'the end of the connection between two fragments',
    run: async (wire) => {
      wire.sendFrame({ fin: false, opcode: Opcode.Text, payload: 'Hel' });
      wire.halfClose();
      await expectLetGo(wire);
    },
  },
  {
    id: 'fin/behind-close',
    title: 'a Close, and the end of the connection right behind it',
    clause: 'RFC 6455 §7.1.1',
    expects: 'a Close or not, and the end',
    run: async (wire) => {
      wire.sendClose(1000);
      wire.halfClose();
      await wire.expectFailure({ codes: [1000], allowNoClose: true });
    },
  },
];

const resetRows: readonly TransportRow[] = [
  ['idle', 'a reset', () => {}],
  ['behind-message', 'a message and a reset', (wire: Wire) => wire.sendMessage('text', 'Hello')],
  [
    'within-payload',
    'a reset in the middle of a payload',
    (wire: Wire) => wire.sendBytes(frameOf(wire, 70_000).subarray(0, 1_000)),
  ],
  [
    'between-fragments',
    'a reset between two fragments',
    (wire: Wire) => wire.sendFrame({ fin: false, opcode: Opcode.Text, payload: 'Hel' }),
  ],
  ['behind-close', 'a Close and a reset', (wire: Wire) => wire.sendClose(1000)],
  [
    'with-output',
    'a reset while 4 MiB are sent back',
    (wire: Wire) => {
      for (let sent = 0; sent < 16; sent++) wire.sendMessage('binary', Buffer.alloc(262_144, 7));
    },
  ],
].map(([id, title, send]) => ({
  id: `reset/${id}`,
  title: title as string,
  expects: 'that the peer lives on',
  run: async (wire) => {
    await wire.expectEcho('text', 'Hello');
    (send as (wire: Wire) => void)(wire);
    await wire.drained();
    wire.reset();
  },
}));

const paceRows: readonly TransportRow[] = [
  {
    id: 'pace/silence',
    title: 'a second of silence before the first message',
    expects: 'the connection still in use',
    run: async (wire) => {
      await wire.expectNothing(1_000);
      await wire.expectEcho('text', 'Hello');
      await wire.expectCloseHandshake();
    },
  },
  {
    id: 'pace/half-frame',
    title: 'a frame with a second of silence in its middle',
    expects: 'the message back',
    run: async (wire) => {
      const frame = frameOf(wire, 300);
      wire.sendBytes(frame.subarray(0, 150));
      await wire.expectNothing(1_000);
      wire.sendBytes(frame.subarray(150));
      await wire.expectMessage('text', 'x'.repeat(300));
      await wire.expectCloseHandshake();
    },
  },
  {
    id: 'pace/half-header',
    title: 'a frame with a second of silence in its header',
    expects: 'the message back',
    run: async (wire) => {
      const frame = frameOf(wire, 300);
      wire.sendBytes(frame.subarray(0, 1));
      await wire.expectNothing(1_000);
      wire.sendBytes(frame.subarray(1));
      await wire.expectMessage('text', 'x'.repeat(300));
      await wire.expectCloseHandshake();
    },
  },
  {
    id: 'pace/dribbled',
    title: 'a message, a Ping and a Close byte by byte',
    expects: 'the message back, a Pong, and a Close',
    run: async (wire) => {
      const frames = [frameOf(wire, 130), wire.encodeFrame({ opcode: Opcode.Ping, payload: 'ping' })];
      await wire.dribble(Buffer.concat(frames), 1, 1);
      await wire.expectMessage('text', 'x'.repeat(130));
      await wire.expectPong('ping');
      await wire.dribble(wire.encodeFrame({ opcode: Opcode.Close, payload: Buffer.from([3, 0xe8]) }), 1, 1);
      await wire.expectClose([1000]);
    },
  },
  {
    id: 'pace/unanswered-flood',
    title: '16 MiB in messages of 64 KiB, sent before the first one back is looked at',
    expects: 'all of them back',
    timeoutMs: 15_000,
    run: async (wire) => {
      const payload = Buffer.alloc(65_536, 'flood ');
      for (let sent = 0; sent < 256; sent++) wire.sendMessage('binary', payload);
      await wire.drained();
      for (let received = 0; received < 256; received++) await wire.expectMessage('binary', payload);
      await wire.expectCloseHandshake();
    },
  },
  {
    id: 'pace/unanswered-small-flood',
    title: '20,000 messages of 16 bytes, sent before the first one back is looked at',
    expects: 'all of them back',
    timeoutMs: 15_000,
    run: async (wire) => {
      const frame = wire.encodeFrame({ opcode: Opcode.Text, payload: 'sixteen bytes ..' });
      wire.sendBytes(Buffer.concat(Array<Buffer>(20_000).fill(frame)));
      for (let received = 0; received < 20_000; received++) {
        await wire.expectMessage('text', 'sixteen bytes ..');
      }
      await wire.expectCloseHandshake();
    },
  },
];

/** Nothing that comes behind a Close is taken for a message, and nothing is sent behind it (RFC 6455 §5.5.1). */
const behindCloseRows: readonly TransportRow[] = [
  ['message', 'a message', (wire: Wire) => frameOf(wire, 5)],
  ['ping', 'a Ping', (wire: Wire) => wire.encodeFrame({ opcode: Opcode.Ping, payload: 'late' })],
  ['noise', 'bytes that are no frames', () => Buffer.alloc(64, 0xff)],
  ['half-frame', 'half a frame', (wire: Wire) => frameOf(wire, 300).subarray(0, 100)],
  [
    'close',
    'another Close',
    (wire: Wire) => wire.encodeFrame({ opcode: Opcode.Close, payload: Buffer.from([3, 0xe9]) }),
  ],
  [
    'mebibyte',
    '1 MiB of messages',
    (wire: Wire) => Buffer.concat(Array<Buffer>(64).fill(frameOf(wire, 16_384))),
  ],
].map(([id, title, make]) => ({
  id: `behind-close/${id}`,
  title: `a Close, and ${title} in the same segment`,
  clause: 'RFC 6455 §5.5.1',
  expects: 'a Close with the same code, the end, and nothing else',
  run: async (wire) => {
    const close = wire.encodeFrame({ opcode: Opcode.Close, payload: Buffer.from([3, 0xe8]) });
    wire.sendBytes(Buffer.concat([close, (make as (wire: Wire) => Buffer)(wire)]));
    await expectCloseThenEnd(wire);
  },
}));

const beforeOpeningCases: readonly Case[] = [
  before(
    'half-close-behind-request',
    'a request, and the end of the connection right behind it',
    async (wire) => {
      wire.sendOpening();
      wire.halfClose();
      const response = await wire.receiveResponse();
      if (response?.status === 101) await expectLetGo(wire);
    },
  ),
  before('reset-behind-request', 'a request, and a reset right behind it', async (wire) => {
    wire.sendOpening();
    await wire.drained();
    wire.reset();
  }),
  before('half-close-within-request', 'half a request, and the end of the connection', async (wire) => {
    wire.sendBytes(wire.encodeOpening().subarray(0, 50));
    wire.halfClose();
    const response = await wire.receiveResponse();
    if (response?.status === 101) wire.fail('half a request was accepted');
  }),
  before('reset-within-request', 'half a request, and a reset', async (wire) => {
    wire.sendBytes(wire.encodeOpening().subarray(0, 50));
    await wire.drained();
    wire.reset();
  }),
  before('half-close-at-once', 'the end of the connection before any request', async (wire) => {
    wire.halfClose();
    const response = await wire.receiveResponse();
    if (response?.status === 101) wire.fail('nothing was accepted');
  }),
  before('silence', 'a second of silence before the request', async (wire) => {
    await sleep(1_000);
    wire.sendOpening();
    await wire.expectOpened();
    await wire.expectEcho('text', 'Hello');
    await wire.expectCloseHandshake();
  }),
];

/** What a TCP connection can do to a WebSocket: end, break, stall, flood. */
export const transportCases: readonly Case[] = [
  ...[...endRows, ...resetRows, ...paceRows, ...behindCloseRows].map(
    ({ id, ...row }): Case => ({
      clause: 'RFC 6455 §7.1.7, §7.2',
      group: 'transport',
      judges: 'both',
      sends: row.title,
      expects: 'the end',
      ...row,
      id: `transport/${id}`,
    }),
  ),
  ...beforeOpeningCases,
];

/** What was sent before may still come back; then the peer ends the connection, with a Close or without. */
async function expectLetGo(wire: Wire): Promise<void> {
  for (;;) {
    const event = await wire.receiveEvent();
    if (event === null) return wire.nonStrict(`the ${wire.peer} left the connection open (RFC 6455 §7.1.7)`);
    if (event.type === 'end') return;
  }
}

/** Also when what came behind it makes the peer's system reset the connection. */
async function expectCloseThenEnd(wire: Wire): Promise<void> {
  const event = await wire.receiveEvent();
  if (event === null) wire.fail('the Close was not answered');
  else if (event.type === 'message' || event.type === 'pong')
    wire.fail(`a ${event.type} came in place of a Close`);
  else if (event.type === 'end' && event.how !== 'reset') wire.fail('the connection ended without a Close');
  else if (event.type === 'close') {
    if (event.code !== 1000) wire.nonStrict(`Close 1000 was answered with ${event.code} (RFC 6455 §5.5.1)`);
    await wire.expectEnd();
  }
}

function frameOf(wire: Wire, bytes: number): Buffer {
  return wire.encodeFrame({ opcode: Opcode.Text, payload: 'x'.repeat(bytes) });
}

function before(id: string, title: string, run: Case['run']): Case {
  return {
    id: `transport/opening/${id}`,
    title,
    clause: 'RFC 6455 §4.2',
    group: 'transport',
    judges: 'server',
    start: 'connected',
    sends: title,
    expects: id === 'silence' ? 'an opened connection, or the end' : 'that the server lives on',
    run,
  };
}
