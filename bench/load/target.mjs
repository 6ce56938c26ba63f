import { createHash, randomBytes } from 'node:crypto';

/** @typedef {{ request: Buffer, accept: string }} OpeningHandshake */

/** The server that is loaded, and what all connections to it share. */
export class Target {
  /** @type {number} */
  port;
  /** What a connection received is at the start of this, until its `bytes` event returns. */
  readBuffer = Buffer.allocUnsafeSlow(READ_BUFFER_BYTES);
  /** @type {readonly OpeningHandshake[]} made ahead, used in turn */
  #handshakes;
  #turn = 0;

  /**
   * @param {number} port
   * @param {string} path
   */
  constructor(port, path) {
    this.port = port;
    this.#handshakes = Array.from({ length: HANDSHAKE_COUNT }, () => createHandshake(port, path));
  }

  /** @returns {OpeningHandshake} */
  nextHandshake() {
    this.#turn = (this.#turn + 1) % HANDSHAKE_COUNT;
    return this.#handshakes[this.#turn];
  }
}

/**
 * @param {number} port
 * @param {string} path
 * @returns {OpeningHandshake}
 */
function createHandshake(port, path) {
  const key = randomBytes(16).toString('base64');
  const lines = [
    `GET ${path} HTTP/1.1`,
    `Host: 127.0.0.1:${port}`,
    'Upgrade: websocket',
    'Connection: Upgrade',
    `Sec-WebSocket-Key: ${key}`,
    'Sec-WebSocket-Version: 13',
  ];
  return {
    request: Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1'),
    accept: createHash('sha1').update(`${key}${HANDSHAKE_GUID}`).digest('base64'),
  };
}

const READ_BUFFER_BYTES = 256 * 1024;
const HANDSHAKE_COUNT = 64;
/** RFC 6455 §1.3. */
const HANDSHAKE_GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';
