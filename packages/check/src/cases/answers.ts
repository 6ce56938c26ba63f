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
 * What came before the fault is answered, then the connection fails (RFC 6455 §7.1.7). An answer to anything behind the
 * fault is a fail of the peer: what follows is no longer processed. A message need not come back, since the application may
 * find the connection failed by the time at which it answers; a Pong that is left out is non-strict.
 */
export async function expectAnswersThenFailure(
  wire: Wire,
  answers: readonly Answer[],
  failure: FailureExpectation,
): Promise<void> {
  const event = await takeAnswersUntilEnd(wire, answers);
  if (event !== null) wire.keepBack(event);
  return wire.expectFailure(failure);
}

/**
 * Takes some of the answers, or all of them, until something else comes: a Close frame, the end, or nothing. An answer that
 * is out of order or to nothing ends the case.
 */
export async function takeAnswersUntilEnd(wire: Wire, answers: readonly Answer[]): Promise<WireEvent | null> {
  const messages = answers.filter(({ type }) => type !== 'pong');
  const pongs = answers.filter(({ type }) => type === 'pong');
  for (;;) {
    const event = await wire.receiveEvent();
    if (event?.type !== 'message' && event?.type !== 'pong') {
      if (event !== null && pongs.length > 0) {
        wire.nonStrict(`${pongs.length} Pings that were right had no Pong (RFC 6455 §5.5.2)`);
      }
      return event;
    }
    const due = (event.type === 'pong' ? pongs : messages).shift();
    if (due === undefined || !isAnswer(event, due)) {
      wire.fail(`${describeEvent(event)} came that answers nothing it may answer`);
    }
  }
}

function isAnswer(event: WireEvent, { type, payload }: Answer): boolean {
  if (event.type === 'pong') return type === 'pong' && same(event.payload, payload);
  return event.type === 'message' && event.messageType === type && same(event.payload, payload);
}

function same(actual: Buffer, expected: string | Uint8Array): boolean {
  return actual.equals(payloadBytes(expected));
}
