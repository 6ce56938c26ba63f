import { setTimeout as sleep } from 'node:timers/promises';

import type { FrameToSend } from '../wire/frame.js';
import type { Wire } from '../wire/wire.js';

/** How frames come to the peer: the same rules hold however TCP cuts them. */
export type Delivery = 'one-segment' | 'frame-by-frame' | 'byte-by-byte';

export const deliveries: readonly Delivery[] = ['one-segment', 'frame-by-frame', 'byte-by-byte'];

/** A delivery in words, for titles. */
export const deliveryWords: Readonly<Record<Delivery, string>> = {
  'one-segment': 'in one segment',
  'frame-by-frame': 'a segment for each frame',
  'byte-by-byte': 'byte by byte',
};

export async function deliver(wire: Wire, frames: readonly FrameToSend[], delivery: Delivery): Promise<void> {
  if (delivery === 'one-segment') return wire.sendFrames(frames);
  if (delivery === 'byte-by-byte') return wire.sendFrames(frames, { pieceBytes: 1 });
  for (const [index, frame] of frames.entries()) {
    if (index > 0) await sleep(pauseMs);
    wire.sendFrame(frame);
  }
}

/** The delivery that is next in turn, where one for each row of a table is enough. */
export function deliveryInTurn(index: number): Delivery {
  return deliveries[index % deliveries.length] as Delivery;
}

const pauseMs = 3;
