import { applyMask } from '../../packages/ieum/dist/core/index.js';
import { formatSize, KEY, KEY_BYTES, SIZES } from './case.mjs';
import { bufferUtil } from './others.mjs';

/** @returns {import('./case.mjs').Case[]} */
export function createCases() {
  return SIZES.flatMap((bytes) => {
    const payload = Buffer.alloc(bytes, 'payload');
    const output = Buffer.alloc(bytes);
    const group = `mask in place, ${formatSize(bytes)}`;
    return [
      {
        group,
        name: 'ieum',
        bytes,
        repeat: (count) => {
          for (let i = 0; i < count; i++) applyMask(payload, KEY);
        },
      },
      {
        group,
        name: 'bufferutil unmask',
        bytes,
        repeat: (count) => {
          for (let i = 0; i < count; i++) bufferUtil.unmask(payload, KEY_BYTES);
        },
      },
      {
        group,
        name: 'bufferutil mask (to another buffer)',
        bytes,
        repeat: (count) => {
          for (let i = 0; i < count; i++) bufferUtil.mask(payload, KEY_BYTES, output, 0, bytes);
        },
      },
    ];
  });
}
