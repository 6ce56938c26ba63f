import type { FrameToSend } from '../wire/frame.js';
import type { Wire } from '../wire/wire.js';
import type { FailureExpectation } from '../wire/wire-options.js';

/**
 * Sends a beginning that is wrong already, and the rest only to a peer that has not failed the connection by then. Such a
 * peer is non-strict: it is right in the end, and waits for bytes that change nothing.
 */
export async function expectEarlyFailure(
  wire: Wire,
  sent: { readonly beginning: () => void; readonly rest: Uint8Array | readonly FrameToSend[] },
  failure: FailureExpectation,
): Promise<void> {
  sent.beginning();
  const event = await wire.receiveEvent({ timeoutMs: patienceMs });
  if (event === null) {
    wire.nonStrict(`the ${wire.peer} waited for more before it failed the connection`);
    if (sent.rest instanceof Uint8Array) wire.sendBytes(sent.rest);
    else await wire.sendFrames(sent.rest);
  } else {
    wire.keepBack(event);
  }
  await wire.expectFailure(failure);
}

/** Enough for a peer on another continent. */
const patienceMs = 800;
