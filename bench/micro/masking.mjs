import { allocateMaskable, applyMask, copyMasked } from '../../packages/ieum/dist/core/masking/masking.js';
import { formatSize, KEY, KEY_BYTES, SIZES } from './case.mjs';
import { bufferUtil } from './others.mjs';

/** @returns {import('./case.mjs').Case[]} */
export function createCases() {
  return SIZES.flatMap((bytes) => {
    const elsewhere = Buffer.alloc(bytes, 'payload');
    const maskable = allocateMaskable(bytes)?.fill(0x61);
    const ieum = maskable
      ? [inPlaceCase('ieum', maskable), inPlaceCase('ieum, where it does not read', elsewhere)]
      : [inPlaceCase('ieum', elsewhere)];
    const copying = bytes <= COPIED_BYTES ? [copyCase(elsewhere)] : [];
    return [...ieum, ...copying, ...bufferUtilCases(elsewhere)];
  });
}

/**
 * @param {string} name
 * @param {Uint8Array} payload
 * @returns {import('./case.mjs').Case}
 */
function inPlaceCase(name, payload) {
  return {
    ...groupOf(payload),
    name,
    repeat: (count) => {
      for (let i = 0; i < count; i++) applyMask(payload, KEY);
    },
  };
}

/**
 * @param {Uint8Array} payload
 * @returns {import('./case.mjs').Case}
 */
function copyCase(payload) {
  const target = new Uint8Array(payload.length);
  return {
    ...groupOf(payload),
    name: 'ieum, to another buffer',
    repeat: (count) => {
      for (let i = 0; i < count; i++) copyMasked(target, 0, payload, 0, payload.length, KEY);
    },
  };
}

/**
 * @param {Buffer} payload
 * @returns {import('./case.mjs').Case[]}
 */
function bufferUtilCases(payload) {
  const target = Buffer.alloc(payload.length);
  return [
    {
      ...groupOf(payload),
      name: 'bufferutil',
      repeat: (count) => {
        for (let i = 0; i < count; i++) bufferUtil.unmask(payload, KEY_BYTES);
      },
    },
    {
      ...groupOf(payload),
      name: 'bufferutil, to another buffer',
      repeat: (count) => {
        for (let i = 0; i < count; i++) bufferUtil.mask(payload, KEY_BYTES, target, 0, payload.length);
      },
    },
  ];
}

/** @param {Uint8Array} payload */
function groupOf(payload) {
  return { group: `mask, ${formatSize(payload.length)}`, bytes: payload.length };
}

/** What `copyMasked` is for. */
const COPIED_BYTES = 125;
