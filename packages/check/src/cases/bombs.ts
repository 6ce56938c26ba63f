import { Buffer } from 'node:buffer';
import { constants, deflateRawSync } from 'node:zlib';

import type { Case } from '../case.js';
import type { Wire } from '../wire/wire.js';

import { deflateCases } from './deflate-case.js';
import { sendCompressed } from './deflate-codec.js';

interface BombRow {
  readonly id: string;
  readonly title: string;
  readonly inflatedBytes: number;
  /** Bytes of compressed payload in each fragment. Default: one frame. */
  readonly fragmentBytes?: number;
  readonly type?: 'text' | 'binary';
}

const mebibyte = 1024 ** 2;
const largestEcho = 64 * mebibyte;

const rows: readonly BombRow[] = [
  ...[1, 4, 16, 64].map((size) => bomb(`${size}-mib`, `${size} MiB of zeros in one frame`, size)),
  ...[16, 64].map((size) => ({
    ...bomb(`${size}-mib-fragments`, `${size} MiB of zeros in fragments of 1,024 bytes`, size),
    fragmentBytes: 1_024,
  })),
  { ...bomb('16-mib-text', '16 MiB of the same letter', 16), type: 'text' as const },
  bomb('1-gib', '1 GiB of zeros in one frame', 1_024),
  { ...bomb('1-gib-fragments', '1 GiB of zeros in fragments of 8,192 bytes', 1_024), fragmentBytes: 8_192 },
  {
    ...bomb('1-gib-few-fragments', '1 GiB of zeros in fragments of 262,144 bytes', 1_024),
    fragmentBytes: 262_144,
  },
];

/** Small messages that are large when they are decompressed. */
export const bombCases: readonly Case[] = deflateCases('bombs', [
  ...rows.map((row) => ({
    id: row.id,
    title: `${row.title}, compressed to a thousandth`,
    clause: 'RFC 6455 §10.4, §7.4.1',
    expects:
      row.inflatedBytes > largestEcho
        ? 'the connection failed with 1009'
        : 'the connection failed with 1009, or the message back',
    timeoutMs: 20_000,
    run: async (wire: Wire) => {
      // What comes back is counted, not kept.
      if (row.inflatedBytes > largestEcho) wire.extension = { rsv: 4, decode: () => Buffer.alloc(0) };
      sendCompressed(wire, row.type ?? 'binary', bombOf(row), row.fragmentBytes);
      await expectSurvival(wire, row);
    },
  })),
  {
    id: 'many-of-1-mib',
    title: '32 messages of 1 MiB of zeros each, at once',
    clause: 'RFC 6455 §10.4, §7.4.1',
    expects: 'each back, or the connection failed with 1009',
    timeoutMs: 20_000,
    run: async (wire: Wire) => {
      const bytes = bombOf({ inflatedBytes: mebibyte });
      for (let sent = 0; sent < 32; sent++) sendCompressed(wire, 'binary', bytes);
      for (let received = 0; received < 32; received++) {
        const event = await wire.receiveEvent();
        if (event?.type !== 'message') return judgeEnding(wire, event);
        if (event.payload.length !== mebibyte) wire.fail(`${event.payload.length} bytes came back`);
      }
      await wire.expectCloseHandshake();
    },
  },
]);

async function expectSurvival(wire: Wire, row: BombRow): Promise<void> {
  const event = await wire.receiveEvent();
  if (event?.type !== 'message') return judgeEnding(wire, event);
  if (row.inflatedBytes > largestEcho) {
    wire.nonStrict(`the ${wire.peer} takes messages of 1 GiB (RFC 6455 §10.4)`);
  } else if (event.payload.length !== row.inflatedBytes) {
    wire.fail(`${event.payload.length} bytes came back, not ${row.inflatedBytes}`);
  }
  await wire.expectCloseHandshake();
}

async function judgeEnding(wire: Wire, event: Awaited<ReturnType<Wire['receiveEvent']>>): Promise<void> {
  if (event === null) wire.fail('nothing came');
  else if (event.type === 'end')
    wire.nonStrict('the connection ended without a Close frame (RFC 6455 §7.1.7)');
  else if (event.type === 'close') {
    if (event.code !== 1009) wire.nonStrict(`the close code is ${event.code}, not 1009 (RFC 6455 §7.4.1)`);
    wire.sendClose(event.code);
    await wire.expectEnd();
  }
}

/** The same mebibyte again and again: each ends at a byte, with an empty block. */
function bombOf({ inflatedBytes, type }: Pick<BombRow, 'inflatedBytes' | 'type'>): Buffer {
  const unit = Buffer.alloc(mebibyte, type === 'text' ? 'a' : 0);
  const bytes = deflateRawSync(unit, { level: 9, finishFlush: constants.Z_SYNC_FLUSH });
  const count = inflatedBytes / mebibyte;
  return Buffer.concat(Array<Buffer>(count).fill(bytes)).subarray(0, -4);
}

function bomb(id: string, title: string, mebibytes: number): BombRow {
  return { id, title, inflatedBytes: mebibytes * mebibyte };
}
