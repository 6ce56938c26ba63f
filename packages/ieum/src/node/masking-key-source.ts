import { randomFillSync } from 'node:crypto';

import type { MaskingKeySource } from '../core/frame-writer.js';

/** Masking keys from the system's strong source of entropy (RFC 6455 §10.3), fetched a few at a time. */
export function createMaskingKeySource(): MaskingKeySource {
  let keys: Uint32Array | null = null;
  let next = batch;
  return () => {
    if (next === batch) {
      keys = randomFillSync(keys ?? new Uint32Array(batch));
      next = 0;
    }
    return (keys as Uint32Array)[next++] as number;
  };
}

const batch = 64;
