import { Buffer } from 'node:buffer';
import { constants, deflateRawSync } from 'node:zlib';

import { Opcode } from 'ieum/core';

import type { Case } from '../case.js';
import type { Wire } from '../wire/wire.js';

import { type DeflateRow, deflateCases } from './deflate-case.js';
import { rsv1, sendCompressed } from './deflate-codec.js';
import { textOf } from './deflate-payloads.js';

/** Deflate data by hand, and the text that it is. */
const soundRows: readonly DeflateRow[] = [
  sound('fixed', 'a fixed block', '7.2.3.1', 'f248cdc9c90700', 'Hello'),
  sound('stored', 'a stored block', '7.2.3.3', '000500faff48656c6c6f00', 'Hello'),
  sound('final', 'a final block', '7.2.3.4', 'f348cdc9c9070000', 'Hello'),
  sound('two', 'two blocks', '7.2.3.5', 'f24805000000ffffcac9c90700', 'Hello'),
  sound('empty', 'an empty message', '7.2.3.6', '00', ''),
  sound('empty-fixed', 'an empty fixed block', '7.2.1', '0200', ''),
  sound('empty-many', 'ten empty stored blocks', '7.2.1', `${'000000ffff'.repeat(10)}00`, ''),
  sound('stored-many', 'five stored blocks of a byte each', '7.2.1', `${storedHello()}00`, 'Hello'),
  sound(
    'final-then-more',
    'blocks behind a final block',
    '7.2.1',
    'f3480500000200fdff6c6c000100feff6f00',
    'Hello',
  ),
  {
    id: 'dynamic',
    title: 'a dynamic block',
    clause: 'RFC 7692 §7.2.1',
    run: async (wire) => {
      const text = textOf(3_000);
      const bytes = deflateRawSync(text, { level: 9, finishFlush: constants.Z_SYNC_FLUSH });
      sendCompressed(wire, 'text', bytes.subarray(0, -4));
      await wire.expectMessage('text', text);
      await wire.expectCloseHandshake();
    },
  },
  {
    id: 'final-then-next',
    title: 'a message with a final block, and one more message',
    clause: 'RFC 7692 §7.2.3.4',
    run: async (wire, codec) => {
      sendCompressed(wire, 'text', hex('f348cdc9c9070000'));
      await wire.expectMessage('text', 'Hello');
      codec.noteSent(Buffer.from(codec.terms.testerTakeover ? 'Hello' : ''));
      await codec.expectEcho(wire, 'text', 'Hello again');
      await wire.expectCloseHandshake();
    },
  },
  {
    id: 'sliding-window',
    title: 'a message that is a reference to the one before',
    clause: 'RFC 7692 §7.2.3.2',
    run: async (wire, codec) => {
      if (!codec.terms.testerTakeover) wire.conclude('the tester was not granted context takeover');
      sendCompressed(wire, 'text', hex('f248cdc9c90700'));
      await wire.expectMessage('text', 'Hello');
      sendCompressed(wire, 'text', hex('f200110000'));
      await wire.expectMessage('text', 'Hello');
      await wire.expectCloseHandshake();
    },
  },
  {
    id: 'fixed-fragments',
    title: 'a fixed block in two fragments',
    clause: 'RFC 7692 §7.2.3.1',
    run: async (wire) => {
      sendCompressed(wire, 'text', hex('f248cdc9c90700'), 3);
      await wire.expectMessage('text', 'Hello');
      await wire.expectCloseHandshake();
    },
  },
];

/** What cannot be decompressed, or is no UTF-8 when it is. The RFC names no code but for UTF-8. */
const unsoundRows: readonly DeflateRow[] = [
  unsound('reserved-type', 'a block of the reserved type', '0700'),
  unsound(
    'stored-length',
    'a stored block whose length does not match its complement',
    '000500ffff48656c6c6f00',
  ),
  unsound('noise', 'bytes that are no deflate data', 'ffffffffffffffffffffff'),
  unsound('too-far-back', 'a reference beyond what was sent', '4a4c4c04610000', true),
  unsound(
    'bad-code-lengths',
    'a dynamic block whose code lengths are no code',
    '04c0ffffffffffffffffffffffff00',
  ),
  unsound(
    'plain-text',
    'plain text that says it is compressed',
    Buffer.from('Hello, this is no deflate data').toString('hex'),
  ),
  unsound('junk-behind', 'a sound block, and junk behind it', 'f248cdc9c90700ffffffff'),
  unsound('invalid-distance', 'a distance code that does not exist', '4a04fe00ff00', true),
];

const utf8Rows: readonly DeflateRow[] = [
  ['invalid', 'bytes that are no UTF-8', 'ff'],
  ['surrogate', 'a surrogate', 'eda080'],
  ['cut', 'half a character at its end', '48e282'],
  ['overlong', 'an overlong form', 'c080'],
  ['late', 'a wrong byte after 2,000 right ones', `${'41'.repeat(2_000)}80`],
].map(
  ([id = '', what = '', content = '']): DeflateRow => ({
    id: `utf8-${id}`,
    title: `a compressed text that has ${what}`,
    clause: 'RFC 6455 §8.1, RFC 7692 §6.2',
    expects: 'the connection failed with 1007',
    run: async (wire, codec) => {
      sendCompressed(wire, 'text', codec.encode(hex(content)));
      await wire.expectFailure({ codes: [1007] });
    },
  }),
);

const lenientRows: readonly DeflateRow[] = [
  {
    id: 'truncated',
    title: 'a compressed message without its second half',
    clause: 'RFC 7692 §7.2.2',
    expects: 'the connection failed; what could be decompressed sent back is non-strict',
    run: (wire, codec) => {
      const bytes = codec.encode(Buffer.from(textOf(2_000)));
      sendCompressed(wire, 'binary', bytes.subarray(0, bytes.length >> 1));
      return expectFailureOrPart(wire, textOf(2_000));
    },
  },
  {
    id: 'cut-stored',
    title: 'a stored block that announces more than there is',
    clause: 'RFC 7692 §7.2.2',
    expects: 'the connection failed; what could be decompressed sent back is non-strict',
    run: (wire) => {
      sendCompressed(wire, 'binary', hex('0064009bff48656c6c6f'));
      return expectFailureOrPart(wire, null);
    },
  },
  {
    id: 'no-bytes',
    title: 'a compressed message without a single byte',
    clause: 'RFC 7692 §7.2.3.6',
    expects: 'the connection failed, or an empty message',
    run: async (wire) => {
      sendCompressed(wire, 'text', Buffer.alloc(0));
      const event = await wire.receiveEvent();
      if (event === null) wire.fail('nothing came');
      else if (event.type === 'message' && event.payload.length > 0) wire.fail('a message with content came');
    },
  },
];

const reservedBitRows: readonly DeflateRow[] = [
  {
    id: 'rsv1-continuation',
    title: 'RSV1 on a continuation frame of a compressed message',
    clause: 'RFC 7692 §6.1',
    expects: 'the connection failed with 1002',
    run: async (wire, codec) => {
      const bytes = codec.encode(Buffer.from('Hello'));
      wire.sendFrame({ fin: false, rsv: rsv1, opcode: Opcode.Text, payload: bytes.subarray(0, 3) });
      wire.sendFrame({ rsv: rsv1, opcode: Opcode.Continuation, payload: bytes.subarray(3) });
      await wire.expectFailure({ codes: [1002] });
    },
  },
  {
    id: 'rsv1-second-only',
    title: 'RSV1 on the second frame of a message, and not on the first',
    clause: 'RFC 7692 §6.1',
    expects: 'the connection failed with 1002',
    run: async (wire) => {
      wire.sendFrame({ fin: false, opcode: Opcode.Text, payload: 'Hel' });
      wire.sendFrame({ rsv: rsv1, opcode: Opcode.Continuation, payload: 'lo' });
      await wire.expectFailure({ codes: [1002] });
    },
  },
  ...(
    [
      ['ping', Opcode.Ping],
      ['pong', Opcode.Pong],
      ['close', Opcode.Close],
    ] as const
  ).map(
    ([name, opcode]): DeflateRow => ({
      id: `rsv1-${name}`,
      title: `RSV1 on a ${name === 'close' ? 'Close' : name === 'ping' ? 'Ping' : 'Pong'}`,
      clause: 'RFC 7692 §6.1',
      expects: 'the connection failed with 1002',
      run: async (wire) => {
        wire.sendFrame({ rsv: rsv1, opcode, payload: opcode === Opcode.Close ? hex('03e8') : 'Hello' });
        await wire.expectFailure({ codes: [1002] });
      },
    }),
  ),
  ...[2, 1, 6, 5, 7].map(
    (rsv): DeflateRow => ({
      id: `rsv-bits-${rsv}`,
      title: `reserved bits ${rsv} on a compressed message`,
      clause: 'RFC 6455 §5.2',
      expects: 'the connection failed with 1002',
      run: async (wire, codec) => {
        wire.sendFrame({ rsv, opcode: Opcode.Text, payload: codec.encode(Buffer.from('Hello')) });
        await wire.expectFailure({ codes: [1002] });
      },
    }),
  ),
];

/** Deflate data of every kind, sound and unsound, and the reserved bit that marks it. */
export const deflateBlockCases: readonly Case[] = [
  ...deflateCases('deflate/blocks', soundRows),
  ...deflateCases('deflate/invalid', [...unsoundRows, ...utf8Rows, ...lenientRows]),
  ...deflateCases('deflate/reserved-bits', reservedBitRows),
];

function sound(id: string, title: string, section: string, bytes: string, text: string): DeflateRow {
  return {
    id,
    title: `${title} as a compressed message`,
    clause: `RFC 7692 §${section}`,
    run: async (wire) => {
      sendCompressed(wire, 'text', hex(bytes));
      await wire.expectMessage('text', text);
      await wire.expectCloseHandshake();
    },
  };
}

/** @param isFresh whether nothing may be in the window */
function unsound(id: string, title: string, bytes: string, isFresh = false): DeflateRow {
  return {
    id,
    title: `${title}, as a compressed message`,
    clause: isFresh ? 'RFC 7692 §7.2.2, RFC 1951 §3.2.5' : 'RFC 7692 §7.2.2, RFC 1951 §3.2.3',
    expects: 'the connection failed with 1007',
    run: async (wire) => {
      sendCompressed(wire, 'binary', hex(bytes));
      await wire.expectFailure({ codes: [1007] });
    },
  };
}

async function expectFailureOrPart(wire: Wire, whole: string | null): Promise<void> {
  const event = await wire.receiveEvent();
  if (event === null) wire.fail('nothing came');
  else if (event.type !== 'message') return;
  else if (whole === event.payload.toString()) wire.fail('more came back than was sent');
  else wire.nonStrict('what could be decompressed was taken for the message (RFC 7692 §7.2.2)');
}

function storedHello(): string {
  return [...'Hello'].map((letter) => `000100feff${Buffer.from(letter).toString('hex')}`).join('');
}

function hex(text: string): Buffer {
  return Buffer.from(text, 'hex');
}
