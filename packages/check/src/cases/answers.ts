import type { Buffer } from 'node:buffer';

import { payloadBytes } from '../wire/frame.js';
import type { Wire } from '../wire/wire.js';
import { describeEvent, type WireEvent } from '../wire/wire-event.js';
import type { FailureExpectation } from '../wire/wire-options.js';

/** What a peer has to answer: the message that it was sent, or the Pong to a Ping. */
export interface Answer {
  readonly type: 'text' | 'binary' | 'pong';
  readonly payload: string | Uint8Array;
}

/** All answers come, messages in the order of messages and Pongs in the order of Pings, and then the closing handshake. */
export async function expectAnswers(wire: Wire, answers: readonly Answer[]): Promise<void> {
  await takeAnswers(wire, answers);
  await wire.expectCloseHandshake();
}

/** All answers come, and the connection stays. */
export async function takeAnswers(wire: Wire, answers: readonly Answer[]): Promise<void> {
  for (const { type, payload } of answers) {
    if (type === 'pong') await wire.expectPong(payload);
    else await wire.expectMessage(type, payload);
  }
}

/**
 * What came before the fault is answered (left out: non-strict), then the connection fails (RFC 6455 §7.1.7). An answer to
 * anything behind the fault is a fail: what follows is no longer processed.
 */
export async function expectAnswersThenFailure(
  wire: Wire,
  answers: readonly Answer[],
  failure: FailureExpectation,
): Promise<void> {
  const due = [...answers];
  for (;;) {
    const event = await wire.receiveEvent();
    if (event?.type === 'message' || event?.type === 'pong') {
      const index = due.findIndex((answer) => isAnswer(event, answer));
      if (index === -1) wire.fail(`the ${wire.peer} went on: ${describeEvent(event)} came, not a failure`);
      due.splice(index, 1);
      continue;
    }
    if (due.length > 0 && event !== null) {
      wire.nonStrict(`${due.length} of ${answers.length} answers to what was right never came`);
    }
    if (event !== null) wire.keepBack(event);
    return wire.expectFailure(failure);
  }
}

function isAnswer(event: WireEvent, { type, payload }: Answer): boolean {
  if (event.type === 'pong') return type === 'pong' && same(event.payload, payload);
  return event.type === 'message' && event.messageType === type && same(event.payload, payload);
}

function same(actual: Buffer, expected: string | Uint8Array): boolean {
  return actual.equals(payloadBytes(expected));
}
