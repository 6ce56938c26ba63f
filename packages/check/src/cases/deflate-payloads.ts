import { Buffer } from 'node:buffer';
import { createHash } from 'node:crypto';
import { constants } from 'node:zlib';

import { Opcode } from 'ieum/core';

import type { Case } from '../case.js';

import { type DeflateRow, deflateCases } from './deflate-case.js';
import { rsv1, sendCompressed } from './deflate-codec.js';

const sizeRows: readonly DeflateRow[] = [
  0, 1, 2, 64, 125, 126, 127, 128, 1_024, 4_096, 16_384, 32_767, 32_768, 32_769, 65_535, 65_536, 131_072,
  262_144, 524_288, 1_048_576,
].flatMap((bytes) => [
  {
    id: `text-${bytes}`,
    title: `a compressed text message of ${number(bytes)} bytes`,
    run: async (wire, codec) => {
      await codec.expectEcho(wire, 'text', textOf(bytes));
      await wire.expectCloseHandshake();
    },
  } satisfies DeflateRow,
  {
    id: `binary-${bytes}`,
    title: `a compressed binary message of ${number(bytes)} random bytes`,
    run: async (wire, codec) => {
      await codec.expectEcho(wire, 'binary', noiseOf(bytes));
      await wire.expectCloseHandshake();
    },
  } satisfies DeflateRow,
]);

const fragmentRows: readonly DeflateRow[] = [
  ...[1, 2, 3, 16, 125, 1_000].map(
    (fragmentBytes): DeflateRow => ({
      id: `fragments-${fragmentBytes}`,
      title: `a compressed message in fragments of ${number(fragmentBytes)} bytes`,
      clause: 'RFC 7692 §6.1',
      run: async (wire, codec) => {
        await codec.expectEcho(wire, 'text', textOf(fragmentBytes < 10 ? 600 : 20_000), { fragmentBytes });
        await codec.expectEcho(wire, 'binary', noiseOf(fragmentBytes < 10 ? 100 : 4_000), { fragmentBytes });
        await wire.expectCloseHandshake();
      },
    }),
  ),
  {
    id: 'fragments-empty-around',
    title: 'a compressed message with empty fragments before, within and behind',
    clause: 'RFC 7692 §6.1',
    run: async (wire, codec) => {
      const bytes = codec.encode(Buffer.from(textOf(300)));
      const pieces = ['', bytes.subarray(0, 20), '', bytes.subarray(20), ''];
      for (const [index, payload] of pieces.entries()) {
        const opcode = index === 0 ? Opcode.Text : Opcode.Continuation;
        wire.sendFrame({ fin: index === pieces.length - 1, rsv: index === 0 ? rsv1 : 0, opcode, payload });
      }
      await wire.expectMessage('text', textOf(300));
      await wire.expectCloseHandshake();
    },
  },
  {
    id: 'fragments-ping-between',
    title: 'Pings between the fragments of a compressed message',
    clause: 'RFC 7692 §6.1',
    expects: 'Pongs that are not compressed, and the message back',
    run: async (wire, codec) => {
      const bytes = codec.encode(Buffer.from(textOf(300)));
      wire.sendFrame({ fin: false, rsv: rsv1, opcode: Opcode.Text, payload: bytes.subarray(0, 30) });
      wire.sendPing('one');
      await wire.expectPong('one');
      wire.sendFrame({ fin: false, opcode: Opcode.Continuation, payload: bytes.subarray(30, 60) });
      wire.sendPing('two');
      await wire.expectPong('two');
      wire.sendFrame({ opcode: Opcode.Continuation, payload: bytes.subarray(60) });
      await wire.expectMessage('text', textOf(300));
      await wire.expectCloseHandshake();
    },
  },
  {
    id: 'fragments-within-character',
    title: 'a compressed text of characters of several bytes, cut everywhere',
    clause: 'RFC 7692 §6.2',
    run: async (wire, codec) => {
      await codec.expectEcho(wire, 'text', '이음 \u{1F980} détente ', { fragmentBytes: 1 });
      await wire.expectCloseHandshake();
    },
  },
];

const levelRows: readonly DeflateRow[] = [
  ...[0, 1, 6, 9].map(
    (level): DeflateRow => ({
      id: `level-${level}`,
      title: `messages that zlib compressed at level ${level}`,
      run: async (wire, codec) => {
        for (const bytes of [10, 1_000, 50_000, 100_000]) {
          await codec.expectEcho(wire, 'text', textOf(bytes), { zlib: { level } });
        }
        await wire.expectCloseHandshake();
      },
    }),
  ),
  ...(['Z_HUFFMAN_ONLY', 'Z_RLE', 'Z_FIXED'] as const).map(
    (strategy): DeflateRow => ({
      id: `strategy-${strategy.slice(2).toLowerCase().replace('_', '-')}`,
      title: `messages that zlib compressed by ${strategy}`,
      run: async (wire, codec) => {
        for (const bytes of [10, 1_000, 50_000]) {
          await codec.expectEcho(wire, 'text', textOf(bytes), { zlib: { strategy: constants[strategy] } });
        }
        await wire.expectCloseHandshake();
      },
    }),
  ),
];

const mixedRows: readonly DeflateRow[] = [
  {
    id: 'uncompressed',
    title: 'a message that is not compressed',
    clause: 'RFC 7692 §6',
    run: async (wire) => {
      await wire.expectEcho('text', textOf(500));
      await wire.expectEcho('binary', noiseOf(500), { fragmentBytes: 100 });
      await wire.expectCloseHandshake();
    },
  },
  {
    id: 'uncompressed-between',
    title: 'messages that are not compressed between those that are',
    clause: 'RFC 7692 §6',
    run: async (wire, codec) => {
      for (let round = 0; round < 5; round++) {
        await codec.expectEcho(wire, 'text', textOf(500));
        await wire.expectEcho('text', textOf(400));
        await codec.expectEcho(wire, 'binary', noiseOf(200));
        await wire.expectEcho('binary', noiseOf(100));
      }
      await wire.expectCloseHandshake();
    },
  },
  {
    id: 'at-once',
    title: '200 compressed messages at once',
    clause: 'RFC 7692 §7.2',
    expects: 'all of them back, in their order',
    run: async (wire, codec) => {
      const messages = Array.from({ length: 200 }, (_, index) => `${index} ${textOf((index * 37) % 700)}`);
      for (const message of messages) codec.send(wire, 'text', message);
      for (const message of messages) await wire.expectMessage('text', message);
      await wire.expectCloseHandshake();
    },
  },
  {
    id: 'sizes-at-once',
    title: 'large and small compressed messages at once',
    clause: 'RFC 7692 §7.2',
    expects: 'all of them back, in their order',
    run: async (wire, codec) => {
      const messages = [300_000, 10, 100_000, 1, 0, 200_000, 500].map(textOf);
      for (const message of messages) codec.send(wire, 'text', message);
      for (const message of messages) await wire.expectMessage('text', message);
      await wire.expectCloseHandshake();
    },
  },
  {
    id: 'close-behind',
    title: 'a Close right behind a large compressed message',
    clause: 'RFC 6455 §5.5.1',
    expects: 'a Close, the message before it or not',
    run: async (wire, codec) => {
      codec.send(wire, 'text', textOf(200_000));
      wire.sendClose(1000);
      await wire.expectFailure({ codes: [1000], allowMessages: true });
    },
  },
  {
    id: 'ping-behind',
    title: 'a Ping right behind a large compressed message',
    clause: 'RFC 6455 §5.5.2',
    expects: 'the message back, and a Pong',
    run: async (wire, codec) => {
      codec.send(wire, 'text', textOf(200_000));
      wire.sendPing('still there');
      await wire.expectMessage('text', textOf(200_000));
      await wire.expectPong('still there');
      await wire.expectCloseHandshake();
    },
  },
  {
    id: 'peer-compresses',
    title: 'whether the peer compresses what can be compressed',
    clause: 'RFC 7692 §6',
    expects: 'the same back; the report says whether it was compressed',
    run: async (wire, codec) => {
      const { rsv } = await codec.expectEcho(wire, 'text', textOf(20_000));
      if (rsv !== rsv1) wire.inform('the peer sends uncompressed what it received compressed');
      await wire.expectCloseHandshake();
    },
  },
  {
    id: 'opcode-binary-text',
    title: 'UTF-8 compressed in a binary message',
    run: async (wire, codec) => {
      sendCompressed(wire, 'binary', codec.encode(Buffer.from('이음')));
      await wire.expectMessage('binary', '이음');
      await wire.expectCloseHandshake();
    },
  },
];

/** Messages of every kind and size under permessage-deflate. */
export const deflatePayloadCases: readonly Case[] = [
  ...deflateCases('deflate/sizes', sizeRows),
  ...deflateCases('deflate/messages', [...fragmentRows, ...levelRows, ...mixedRows]),
];

/** Text like JSON, of so many bytes. */
export function textOf(bytes: number): string {
  let text = '';
  for (let index = 0; text.length < bytes; index++) {
    text += `{"id":${index},"name":"item ${(index * 7919) % 1009}","tags":["a","b"]},`;
  }
  return text.slice(0, bytes);
}

/** Bytes that cannot be compressed, the same at every call. */
export function noiseOf(bytes: number): Buffer {
  const blocks = Array.from({ length: Math.ceil(bytes / 64) }, (_, index) =>
    createHash('sha512').update(`${index}`).digest(),
  );
  return Buffer.concat(blocks).subarray(0, bytes);
}

function number(value: number): string {
  return value.toLocaleString('en');
}
