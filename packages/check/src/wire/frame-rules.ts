import { isUtf8 } from 'node:buffer';

import { isWireCloseCode, Opcode } from 'ieum/core';

import { type RawFrame, shortestForm } from './frame.js';

/** What a received frame is judged by. */
export interface FrameSituation {
  readonly peer: 'server' | 'client';
  /** Reserved bits that the peer may set, because an extension was agreed on. */
  readonly allowedRsv: number;
  readonly insideMessage: boolean;
  readonly afterClose: boolean;
}

/** The first rule that a frame of the peer breaks, as a sentence; null when it breaks none. */
export function frameFault(frame: RawFrame, situation: FrameSituation): string | null {
  const { fin, rsv, opcode, masked, payload, lengthForm } = frame;
  if (situation.afterClose) return `a frame came after the Close frame (RFC 6455 §5.5.1)`;
  if (masked !== (situation.peer === 'client')) {
    return `the ${situation.peer} ${masked ? 'masked' : 'did not mask'} a frame (RFC 6455 §5.1)`;
  }
  if ((rsv & ~situation.allowedRsv) !== 0) return 'a reserved bit is set (RFC 6455 §5.2)';
  if (opcode > 10 || (opcode > 2 && opcode < 8)) return `opcode ${opcode} is reserved (RFC 6455 §5.2)`;
  if (lengthForm !== shortestForm(BigInt(payload.length))) {
    return `a length of ${payload.length} was written in ${lengthForm} bits (RFC 6455 §5.2)`;
  }
  if (opcode >= 8) {
    if (!fin) return 'a control frame was fragmented (RFC 6455 §5.5)';
    if (payload.length > 125) return `a control frame had ${payload.length} bytes (RFC 6455 §5.5)`;
    return opcode === Opcode.Close ? closeFault(frame) : null;
  }
  if (opcode === Opcode.Continuation && !situation.insideMessage) {
    return 'a continuation frame continued nothing (RFC 6455 §5.4)';
  }
  if (opcode !== Opcode.Continuation && situation.insideMessage) {
    return 'a message began inside another one (RFC 6455 §5.4)';
  }
  return null;
}

function closeFault({ payload }: RawFrame): string | null {
  if (payload.length === 0) return null;
  if (payload.length === 1) return 'a Close frame had one byte (RFC 6455 §5.5.1)';
  const code = payload.readUInt16BE(0);
  if (!isWireCloseCode(code)) return `a Close frame had code ${code} (RFC 6455 §7.4)`;
  return isUtf8(payload.subarray(2)) ? null : 'the reason of a Close frame was not UTF-8 (RFC 6455 §5.5.1)';
}
