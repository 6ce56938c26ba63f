import type { FrameDecoder } from './frame-decoder.js';
import { GrowingBuffer } from './growing-buffer.js';

/** Puts together the payload of a control frame (RFC 6455 §5.5) that does not lie in one chunk. */
export class ControlAssembler {
  /** Null while no control frame is cut. */
  #gathered: GrowingBuffer | null = null;

  /** Takes the decoder's piece of a control frame: gives the whole payload, which nobody else has, or null. */
  receive(frame: FrameDecoder): Uint8Array | null {
    if (frame.beginsFrame && frame.isFrameComplete()) return frame.payload;
    this.#gathered ??= new GrowingBuffer();
    this.#gathered.append(frame.payload);
    if (!frame.isFrameComplete()) return null;
    const payload = this.#gathered.take();
    this.#gathered = null;
    return payload;
  }
}
