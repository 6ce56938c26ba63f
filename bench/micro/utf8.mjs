import { isUtf8 } from 'node:buffer';
import { isValidUtf8, Utf8Validator } from '../../packages/ieum/dist/core/index.js';
import { asciiText, formatSize, mixedText } from './case.mjs';

/** @returns {import('./case.mjs').Case[]} */
export function createCases() {
  return [
    ...[20, 1024, LONG_TEXT_BYTES].flatMap((bytes) => [
      ...wholeCases('ASCII', Buffer.from(asciiText(bytes))),
      ...wholeCases('1 to 4 bytes each', Buffer.from(mixedText(bytes))),
    ]),
    piecesCase('ASCII', Buffer.from(asciiText(LONG_TEXT_BYTES))),
    piecesCase('1 to 4 bytes each', Buffer.from(mixedText(LONG_TEXT_BYTES))),
  ];
}

/**
 * @param {string} kind
 * @param {Buffer} text
 * @returns {import('./case.mjs').Case[]}
 */
function wholeCases(kind, text) {
  const group = `validate ${kind}, ${formatSize(text.length)}`;
  return [
    {
      group,
      name: 'ieum',
      bytes: text.length,
      repeat: (count) => {
        let valid = 0;
        for (let i = 0; i < count; i++) valid += isValidUtf8(text) ? 1 : 0;
        return valid;
      },
    },
    {
      group,
      name: 'isUtf8 of node:buffer',
      bytes: text.length,
      repeat: (count) => {
        let valid = 0;
        for (let i = 0; i < count; i++) valid += isUtf8(text) ? 1 : 0;
        return valid;
      },
    },
  ];
}

/**
 * @param {string} kind
 * @param {Buffer} text
 * @returns {import('./case.mjs').Case}
 */
function piecesCase(kind, text) {
  /** @type {Buffer[]} */
  const pieces = [];
  for (let at = 0; at < text.length; at += PIECE_BYTES) pieces.push(text.subarray(at, at + PIECE_BYTES));
  return {
    group: `validate ${kind}, ${formatSize(text.length)} in pieces of ${PIECE_BYTES} B`,
    name: 'ieum',
    bytes: text.length,
    repeat: (count) => {
      let valid = 0;
      for (let i = 0; i < count; i++) {
        const validator = new Utf8Validator();
        for (const piece of pieces) valid += validator.receive(piece) ? 1 : 0;
      }
      return valid;
    },
  };
}

/** No power of two, so that characters are cut. */
const PIECE_BYTES = 1001;
const LONG_TEXT_BYTES = 64 * 1024;
