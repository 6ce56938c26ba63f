import { describe, expect, test } from 'vitest';

import { checkFrameHeader, type FrameContext, type FrameHeader } from './frame-header.js';
import type { ViolationCode } from './violation.js';

interface Row {
  readonly title: string;
  readonly header?: Partial<FrameHeader>;
  readonly context?: Partial<FrameContext>;
  readonly code: ViolationCode | null;
}

const inside = { insideMessage: true };
const rsv1 = { extensionRsv: 4 };

const rows: readonly Row[] = [
  { title: 'a final text frame', code: null },
  { title: 'a final binary frame', header: { opcode: 2 }, code: null },
  { title: 'the first fragment of a message', header: { fin: false }, code: null },
  { title: 'an empty first fragment', header: { fin: false, payloadLength: 0 }, code: null },
  { title: 'a continuation', header: { opcode: 0, fin: false }, context: inside, code: null },
  { title: 'the last fragment', header: { opcode: 0 }, context: inside, code: null },
  { title: 'a continuation of nothing', header: { opcode: 0 }, code: 'ERR_WS_UNEXPECTED_CONTINUATION' },
  {
    title: 'a first continuation of nothing',
    header: { opcode: 0, fin: false },
    code: 'ERR_WS_UNEXPECTED_CONTINUATION',
  },
  { title: 'a text frame inside a message', context: inside, code: 'ERR_WS_EXPECTED_CONTINUATION' },
  {
    title: 'a binary fragment inside a message',
    header: { opcode: 2, fin: false },
    context: inside,
    code: 'ERR_WS_EXPECTED_CONTINUATION',
  },
  ...[8, 9, 10].flatMap((opcode): Row[] => [
    { title: `control opcode ${opcode}`, header: { opcode }, code: null },
    { title: `control opcode ${opcode} inside a message`, header: { opcode }, context: inside, code: null },
    { title: `control opcode ${opcode} of 125 bytes`, header: { opcode, payloadLength: 125 }, code: null },
    {
      title: `control opcode ${opcode} of 126 bytes`,
      header: { opcode, payloadLength: 126, extendedLengthBytes: 2 },
      code: 'ERR_WS_CONTROL_FRAME_TOO_LONG',
    },
    {
      title: `control opcode ${opcode} with a 64-bit length`,
      header: { opcode, payloadLength: 2 ** 63, extendedLengthBytes: 8 },
      code: 'ERR_WS_CONTROL_FRAME_TOO_LONG',
    },
    {
      title: `control opcode ${opcode} in fragments`,
      header: { opcode, fin: false },
      code: 'ERR_WS_FRAGMENTED_CONTROL_FRAME',
    },
    {
      title: `control opcode ${opcode} with RSV1 claimed by an extension`,
      header: { opcode, rsv: 4 },
      context: rsv1,
      code: 'ERR_WS_RESERVED_BITS',
    },
  ]),
  ...[3, 4, 5, 6, 7, 11, 12, 13, 14, 15].map(
    (opcode): Row => ({
      title: `reserved opcode ${opcode}`,
      header: { opcode },
      code: 'ERR_WS_RESERVED_OPCODE',
    }),
  ),
  ...[1, 2, 3, 4, 5, 6, 7].map(
    (rsv): Row => ({
      title: `reserved bits ${rsv} that nobody claims`,
      header: { rsv },
      code: 'ERR_WS_RESERVED_BITS',
    }),
  ),
  { title: 'RSV1 with its extension', header: { rsv: 4 }, context: rsv1, code: null },
  { title: 'no RSV1 with its extension', context: rsv1, code: null },
  {
    title: 'RSV2 with an extension for RSV1',
    header: { rsv: 6 },
    context: rsv1,
    code: 'ERR_WS_RESERVED_BITS',
  },
  {
    title: 'RSV1 on a continuation',
    header: { opcode: 0, rsv: 4 },
    context: { ...inside, ...rsv1 },
    code: 'ERR_WS_RESERVED_BITS',
  },
  { title: 'an unmasked frame from a client', header: { masked: false }, code: 'ERR_WS_UNMASKED_FRAME' },
  { title: 'a masked frame from a server', context: { role: 'client' }, code: 'ERR_WS_MASKED_FRAME' },
  {
    title: 'an unmasked frame from a server',
    header: { masked: false },
    context: { role: 'client' },
    code: null,
  },
  { title: '125 bytes in 7 bits', header: length(125, 0), code: null },
  { title: '126 bytes in 16 bits', header: length(126, 2), code: null },
  { title: '65,535 bytes in 16 bits', header: length(65535, 2), code: null },
  { title: '65,536 bytes in 64 bits', header: length(65536, 8), code: null },
  { title: '125 bytes in 16 bits', header: length(125, 2), code: 'ERR_WS_LENGTH_NOT_MINIMAL' },
  { title: '0 bytes in 16 bits', header: length(0, 2), code: 'ERR_WS_LENGTH_NOT_MINIMAL' },
  { title: '0 bytes in 64 bits', header: length(0, 8), code: 'ERR_WS_LENGTH_NOT_MINIMAL' },
  { title: '65,535 bytes in 64 bits', header: length(65535, 8), code: 'ERR_WS_LENGTH_NOT_MINIMAL' },
  { title: '2^62 bytes', header: length(2 ** 62, 8), code: null },
  { title: '2^63 bytes', header: length(2 ** 63, 8), code: 'ERR_WS_LENGTH_OUT_OF_RANGE' },
  { title: '2^64 bytes', header: length(2 ** 64, 8), code: 'ERR_WS_LENGTH_OUT_OF_RANGE' },
];

describe('the rules of a frame header', () => {
  test.each(rows)('$title: $code', ({ header, context, code }) => {
    const whole: FrameHeader = { ...plainHeader, ...header };
    const verdict = checkFrameHeader(whole, { ...plainContext, ...context });
    expect(verdict?.code ?? null).toBe(code);
    if (verdict !== null) expect(verdict.closeCode).toBe(1002);
  });
});

function length(payloadLength: number, extendedLengthBytes: number): Partial<FrameHeader> {
  return { payloadLength, extendedLengthBytes };
}

const plainHeader: FrameHeader = {
  fin: true,
  rsv: 0,
  opcode: 1,
  masked: true,
  payloadLength: 5,
  extendedLengthBytes: 0,
};
const plainContext: FrameContext = { role: 'server', insideMessage: false, extensionRsv: 0 };
