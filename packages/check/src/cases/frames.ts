import { Opcode } from 'ieum/core';

import type { FrameToSend } from '../wire/frame.js';
import { closePayload } from '../wire/sender.js';

/** Frames by their names; `fin: false` and whatever else is different comes behind. */
type Payload = string | Uint8Array;
type Changes = Omit<FrameToSend, 'opcode' | 'payload'>;

export function text(payload: Payload, changes: Changes = {}): FrameToSend {
  return { opcode: Opcode.Text, payload, ...changes };
}

export function binary(payload: Payload, changes: Changes = {}): FrameToSend {
  return { opcode: Opcode.Binary, payload, ...changes };
}

export function data(type: 'text' | 'binary', payload: Payload, changes: Changes = {}): FrameToSend {
  return type === 'text' ? text(payload, changes) : binary(payload, changes);
}

export function continuation(payload: Payload, changes: Changes = {}): FrameToSend {
  return { opcode: Opcode.Continuation, payload, ...changes };
}

export function ping(payload: Payload, changes: Changes = {}): FrameToSend {
  return { opcode: Opcode.Ping, payload, ...changes };
}

export function pong(payload: Payload, changes: Changes = {}): FrameToSend {
  return { opcode: Opcode.Pong, payload, ...changes };
}

/** 1005 stands for a Close frame without a code. */
export function close(code = 1000, reason = '', changes: Changes = {}): FrameToSend {
  return { opcode: Opcode.Close, payload: closePayload(code, reason), ...changes };
}

/** A frame that is not the last of its message. */
export const more: Changes = { fin: false };
