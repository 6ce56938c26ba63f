import { Buffer } from 'node:buffer';
import { describe, expect, test } from 'vitest';

import { coalesced, oneByte } from '../testing/chunker.js';
import { DecodeStep, FrameDecoder } from './frame-decoder.js';
import { encodeFrame, type FrameToEncode } from './frame-encoder.js';
import { MessageAssembler, type MessageLimits } from './message-assembler.js';

const limits: MessageLimits = { maxMessageBytes: 10, maxFragments: 3 };

interface Row {
  readonly title: string;
  readonly frames: readonly FrameToEncode[];
  readonly results: readonly string[];
}

const rows: readonly Row[] = [
  { title: 'an empty message', frames: [first(''), last('')], results: ['text  in 2'] },
  { title: 'as many bytes as allowed', frames: [whole('0123456789')], results: ['text 0123456789 in 1'] },
  { title: 'one byte more', frames: [whole('0123456789a')], results: ['ERR_WS_MESSAGE_TOO_BIG'] },
  {
    title: 'as many bytes as allowed in fragments',
    frames: [first('01234'), last('56789')],
    results: ['text 0123456789 in 2'],
  },
  {
    title: 'one byte more in fragments',
    frames: [first('01234'), last('56789a')],
    results: ['ERR_WS_MESSAGE_TOO_BIG'],
  },
  {
    title: 'as many fragments as allowed',
    frames: [first('a'), next('b'), last('c')],
    results: ['text abc in 3'],
  },
  {
    title: 'one fragment more',
    frames: [first('a'), next('b'), next('c'), last('d')],
    results: ['ERR_WS_TOO_MANY_FRAGMENTS'],
  },
  {
    title: 'empty fragments count',
    frames: [first(''), next(''), next(''), next('')],
    results: ['ERR_WS_TOO_MANY_FRAGMENTS'],
  },
  {
    title: 'the limits are those of one message',
    frames: [first('01234'), last('56789'), first('a'), next('b'), last('c'), whole('9876543210')],
    results: ['text 0123456789 in 2', 'text abc in 3', 'text 9876543210 in 1'],
  },
  {
    title: 'a character cut by the end of a fragment',
    frames: [first(Buffer.from([0xe2])), next(Buffer.from([0x82])), last(Buffer.from([0xac]))],
    results: ['text € in 3'],
  },
  {
    title: 'a character cut by the end of the message',
    frames: [first('a'), last(Buffer.from([0xe2, 0x82]))],
    results: ['ERR_WS_INVALID_UTF8'],
  },
  {
    title: 'a wrong byte in a fragment that is not the last',
    frames: [first(Buffer.from([0xe2, 0x28]))],
    results: ['ERR_WS_INVALID_UTF8'],
  },
  {
    title: 'bytes that are no text in a binary message',
    frames: [{ ...first(Buffer.from([0xff])), opcode: 2 }, last(Buffer.from([0xfe]))],
    results: ['binary fffe in 2'],
  },
];

describe.each(rows)('$title', ({ frames, results }) => {
  const bytes = Buffer.concat(frames.map((frame) => encodeFrame(frame)));

  test('gives the same at once and byte by byte', () => {
    expect(assemble(coalesced(bytes))).toEqual(results);
    expect(assemble(oneByte(bytes))).toEqual(results);
  });
});

test('a message that is too big fails on its header, before its payload', () => {
  const header = encodeFrame(whole('0123456789a')).subarray(0, 2);
  expect(assemble([header])).toEqual(['ERR_WS_MESSAGE_TOO_BIG']);
});

test('a wrong byte of a text fails before the frame has ended', () => {
  const bytes = encodeFrame(whole(Buffer.from([0x61, 0xc0, 0x61, 0x61])));
  expect(assemble(oneByte(bytes.subarray(0, 4)))).toEqual(['ERR_WS_INVALID_UTF8']);
});

test('a message in one frame that came whole has its payload, not a copy', () => {
  const bytes = encodeFrame({ opcode: 2, payload: Buffer.from('view') });
  const decoder = new FrameDecoder();
  decoder.receive(bytes);
  decoder.step({ role: 'client', insideMessage: false, extensionRsv: 0 });
  const result = new MessageAssembler().receive(decoder, limits, null);
  expect(result).toMatchObject({ type: 'binary', fragments: 1 });
  expect((result as { data: Uint8Array }).data).toBe(decoder.payload);
});

function assemble(chunks: readonly Uint8Array[]): string[] {
  const decoder = new FrameDecoder();
  const assembler = new MessageAssembler();
  const results: string[] = [];
  for (const chunk of chunks) {
    decoder.receive(chunk);
    for (;;) {
      const { insideMessage } = assembler;
      if (decoder.step({ role: 'client', insideMessage, extensionRsv: 0 }) !== DecodeStep.Payload) break;
      const result = assembler.receive(decoder, limits, null);
      if (result === null) continue;
      if ('closeCode' in result) return [...results, result.code];
      const data = result.type === 'text' ? result.data : Buffer.from(result.data).toString('hex');
      results.push(`${result.type} ${data} in ${result.fragments}`);
    }
  }
  return results;
}

function whole(payload: string | Buffer): FrameToEncode {
  return { opcode: 1, payload: Buffer.from(payload) };
}

function first(payload: string | Buffer): FrameToEncode {
  return { opcode: 1, payload: Buffer.from(payload), fin: false };
}

function next(payload: string | Buffer): FrameToEncode {
  return { opcode: 0, payload: Buffer.from(payload), fin: false };
}

function last(payload: string | Buffer): FrameToEncode {
  return { opcode: 0, payload: Buffer.from(payload) };
}
