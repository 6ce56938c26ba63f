import { describeCloseCode, Opcode } from 'ieum/core';

import { LoadFailure } from './load-failure.js';
import type { Reel } from './reel.js';

/** What is wrong with a reply. */
export function wrongReply(expected: Reel, came: { opcode: number; byteCount: number }): LoadFailure {
  const [askedType, type] = [nameOf(expected.opcode), nameOf(came.opcode)];
  const sizes = `${expected.payloadBytes} bytes of ${askedType} were sent`;
  if (type !== askedType || came.byteCount !== expected.payloadBytes) {
    return new LoadFailure(`a wrong reply: ${sizes}, ${came.byteCount} bytes of ${type} came back`);
  }
  return new LoadFailure(`a wrong reply: its bytes differ from the ${sizes}`);
}

/** A Close frame where replies are due. */
export function closedByServer(payload: Uint8Array): LoadFailure {
  const code = payload.length < 2 ? 1005 : Buffer.from(payload).readUInt16BE(0);
  return new LoadFailure(`the server closed a connection: ${code} ${describeCloseCode(code)}`);
}

function nameOf(opcode: number): string {
  return opcode === Opcode.Text ? 'text' : 'binary';
}
