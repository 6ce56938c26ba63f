import { Connection, encodeFrame, Opcode, prepareMessage } from '../../packages/ieum/dist/core/index.js';
import { asciiText, formatSize, KEY, mixedText, SIZES } from './case.mjs';
import { Sender } from './others.mjs';

/** @returns {import('./case.mjs').Case[]} */
export function createCases() {
  return [
    ...SIZES.flatMap((bytes) => [frameCase(bytes), maskedCase(bytes), ...sendBinaryCases(bytes)]),
    sendTextCase('ASCII', asciiText(20)),
    sendTextCase('ASCII', asciiText(1024)),
    sendTextCase('1 to 4 bytes each', mixedText(1024)),
    sendManyCase(),
    sendPreparedCase(),
  ];
}

/**
 * @param {number} bytes
 * @returns {import('./case.mjs').Case}
 */
function frameCase(bytes) {
  const payload = Buffer.alloc(bytes, 'payload');
  return {
    group: `encode a server's frame, ${formatSize(bytes)}`,
    name: 'ieum',
    bytes,
    repeat: (count) => {
      let length = 0;
      for (let i = 0; i < count; i++) length += encodeFrame({ opcode: Opcode.Binary, payload }).length;
      return length;
    },
  };
}

/**
 * @param {number} bytes
 * @returns {import('./case.mjs').Case}
 */
function maskedCase(bytes) {
  const payload = Buffer.alloc(bytes, 'payload');
  return {
    group: `encode a client's frame, ${formatSize(bytes)}`,
    name: 'ieum',
    bytes,
    repeat: (count) => {
      let length = 0;
      for (let i = 0; i < count; i++)
        length += encodeFrame({ opcode: Opcode.Binary, payload, key: KEY }).length;
      return length;
    },
  };
}

/**
 * @param {number} bytes
 * @returns {import('./case.mjs').Case[]}
 */
function sendBinaryCases(bytes) {
  const connection = createConnection();
  const payload = Buffer.alloc(bytes, 'payload');
  const options = { fin: true, rsv1: false, opcode: Opcode.Binary, mask: false, readOnly: false };
  const group = `send binary and take the output, ${formatSize(bytes)}`;
  return [
    {
      group,
      name: 'ieum',
      bytes,
      repeat: (count) => {
        let pieces = 0;
        for (let i = 0; i < count; i++) {
          connection.send(payload);
          pieces += connection.takeOutput().length;
        }
        return pieces;
      },
    },
    {
      group,
      name: 'ws (header and payload apart)',
      bytes,
      repeat: (count) => {
        let pieces = 0;
        for (let i = 0; i < count; i++) pieces += Sender.frame(payload, options).length;
        return pieces;
      },
    },
  ];
}

/**
 * @param {string} kind
 * @param {string} text
 * @returns {import('./case.mjs').Case}
 */
function sendTextCase(kind, text) {
  const connection = createConnection();
  const bytes = Buffer.byteLength(text);
  return {
    group: `send text and take the output, ${kind}, ${formatSize(bytes)}`,
    name: 'ieum',
    bytes,
    repeat: (count) => {
      let pieces = 0;
      for (let i = 0; i < count; i++) {
        connection.send(text);
        pieces += connection.takeOutput().length;
      }
      return pieces;
    },
  };
}

/** @returns {import('./case.mjs').Case} */
function sendManyCase() {
  const connection = createConnection();
  const text = asciiText(20);
  return {
    group: `send ${MANY} texts of 20 B and take the output once`,
    name: 'ieum',
    bytes: MANY * 20,
    repeat: (count) => {
      let pieces = 0;
      for (let i = 0; i < count; i++) {
        for (let j = 0; j < MANY; j++) connection.send(text);
        pieces += connection.takeOutput().length;
      }
      return pieces;
    },
  };
}

/** @returns {import('./case.mjs').Case} */
function sendPreparedCase() {
  const connection = createConnection();
  const prepared = prepareMessage(asciiText(64));
  return {
    group: 'send a prepared text and take the output, 64 B',
    name: 'ieum',
    bytes: 64,
    repeat: (count) => {
      let pieces = 0;
      for (let i = 0; i < count; i++) {
        connection.send(prepared);
        pieces += connection.takeOutput().length;
      }
      return pieces;
    },
  };
}

function createConnection() {
  return new Connection({ role: 'server', maxMessageBytes: 64 << 20 }, 0);
}

const MANY = 32;
