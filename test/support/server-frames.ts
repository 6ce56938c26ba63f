import type { Buffer } from 'node:buffer';

/** A frame that a server sent. */
export interface ServerFrame {
  readonly opcode: number;
  readonly payload: Buffer;
  readonly text: string;
}

/** The first frame in `bytes` and what follows it; null when it is not whole. */
export function takeServerFrame(bytes: Buffer): { frame: ServerFrame; rest: Buffer } | null {
  if (bytes.length < 2) return null;
  const code = (bytes[1] as number) & 0x7f;
  const headerLength = code < 126 ? 2 : code === 126 ? 4 : 10;
  if (bytes.length < headerLength) return null;
  const length = code < 126 ? code : code === 126 ? bytes.readUInt16BE(2) : Number(bytes.readBigUInt64BE(2));
  if (bytes.length < headerLength + length) return null;
  const payload = bytes.subarray(headerLength, headerLength + length);
  const frame = { opcode: (bytes[0] as number) & 0xf, payload, text: payload.toString() };
  return { frame, rest: bytes.subarray(headerLength + length) };
}

/** A frame as `text hello`, `close 1000 reason`, `pong 6869`. */
export function describeFrame({ opcode, payload }: ServerFrame): string {
  const name = frameNames[opcode] ?? `opcode ${opcode}`;
  if (opcode === 8) {
    const code = payload.length < 2 ? 'without code' : payload.readUInt16BE(0);
    return `close ${code} ${payload.subarray(2).toString()}`.trim();
  }
  return `${name} ${opcode === 1 ? payload.toString() : payload.toString('hex')}`.trim();
}

const frameNames: Readonly<Record<number, string>> = {
  0: 'continuation',
  1: 'text',
  2: 'binary',
  8: 'close',
  9: 'ping',
  10: 'pong',
};
