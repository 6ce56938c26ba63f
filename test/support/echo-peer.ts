import { Buffer } from 'node:buffer';
import type { Duplex } from 'node:stream';

import { encodeFrame, type RawFrame } from '../../packages/check/src/wire/frame.js';
import { FrameReader } from '../../packages/check/src/wire/frame-reader.js';

/** Which role the peer has: a client masks. */
export type EchoRole = 'server' | 'client';

/** Sends every frame back that comes on a stream, answers Pings and Close, and ends. It checks nothing but reserved bits. */
export function echoFrames(stream: Duplex, role: EchoRole): void {
  const reader = new FrameReader();
  const send = (opcode: number, payload: Buffer, fin = true): void => {
    if (stream.writable)
      stream.write(encodeFrame({ opcode, payload, fin }, role === 'client' ? 0x01020304 : null));
  };
  stream.on('error', () => {});
  stream.on('end', () => stream.end());
  stream.on('data', (chunk: Buffer) => {
    reader.receive(chunk);
    for (let taken = reader.takeFrame(); taken !== null; taken = reader.takeFrame()) answer(taken.frame);
  });
  const answer = ({ opcode, payload, fin, rsv }: RawFrame): void => {
    if (rsv !== 0) {
      send(8, protocolError);
      stream.end();
    } else if (opcode === 8) {
      send(8, payload);
      stream.end();
    } else if (opcode !== 10) send(opcode === 9 ? 10 : opcode, payload, fin);
  };
}

const protocolError = Buffer.from([1002 >> 8, 1002 & 0xff]);
