import { randomBytes } from 'node:crypto';
import { connect } from 'node:net';
import { encodeFrame, Opcode } from '../../packages/ieum/dist/core/index.js';

/**
 * @typedef {object} SocketOwner
 * @property {Buffer} readBuffer shared by all sockets
 * @property {() => void} handleOpened the opening handshake is done
 * @property {(bytes: Buffer, start: number, end: number) => void} handleText a whole message lies there until this returns
 * @property {(reason: string) => void} handleFailure
 */

/** A WebSocket client that does no more than a load needs: servers' messages come in one frame each, not compressed. */
export class LoadSocket {
  #owner;
  #socket;
  #isOpen = false;
  #isOver = false;
  /** What came of a frame that is not complete. */
  #rest = NOTHING;

  /**
   * @param {number} port
   * @param {import('./dialects.mjs').Dialect} dialect
   * @param {SocketOwner} owner
   */
  constructor(port, dialect, owner) {
    this.#owner = owner;
    const buffer = owner.readBuffer;
    this.#socket = connect({
      port,
      host: '127.0.0.1',
      onread: { buffer, callback: (byteCount) => this.#read(buffer, byteCount) },
    });
    this.#socket.setNoDelay(true);
    this.#socket.on('connect', () => this.#socket.write(requestFor(port, dialect)));
    this.#socket.on('error', (error) => this.#fail(error.message));
    this.#socket.on('close', () => this.#fail('the server closed a connection'));
  }

  /** @param {string[]} texts each is a message; all leave in one write */
  send(texts) {
    const frames = texts.map((text) =>
      encodeFrame({ opcode: Opcode.Text, payload: Buffer.from(text), key: KEY }),
    );
    this.#socket.write(frames.length === 1 ? frames[0] : Buffer.concat(frames));
  }

  destroy() {
    this.#isOver = true;
    this.#socket.destroy();
  }

  /**
   * @param {Buffer} buffer
   * @param {number} byteCount
   */
  #read(buffer, byteCount) {
    if (this.#isOver) return false;
    if (this.#rest.length === 0) {
      this.#rest = this.#receive(buffer, byteCount);
      return true;
    }
    const bytes = Buffer.concat([this.#rest, buffer.subarray(0, byteCount)]);
    this.#rest = this.#receive(bytes, bytes.length);
    return true;
  }

  /**
   * Takes all that is complete, and returns a copy of the rest.
   *
   * @param {Buffer} bytes
   * @param {number} end
   */
  #receive(bytes, end) {
    let at = this.#isOpen ? 0 : this.#receiveHead(bytes, end);
    while (end - at >= 2) {
      const length = bytes[at + 1];
      const start = at + (length < 126 ? 2 : 4);
      if (length === 127 || start > end) break;
      const frameEnd = start + (length < 126 ? length : bytes.readUInt16BE(at + 2));
      if (frameEnd > end) break;
      this.#receiveFrame(bytes, at, start, frameEnd);
      at = frameEnd;
    }
    return at === end ? NOTHING : Buffer.from(bytes.subarray(at, end));
  }

  /**
   * @param {Buffer} bytes
   * @param {number} end
   */
  #receiveHead(bytes, end) {
    const head = bytes.toString('latin1', 0, end);
    const headEnd = head.indexOf('\r\n\r\n');
    if (headEnd < 0) return end;
    if (!head.startsWith('HTTP/1.1 101 '))
      this.#fail(`an opening handshake was refused: ${head.slice(0, 40)}`);
    this.#isOpen = true;
    this.#owner.handleOpened();
    return headEnd + 4;
  }

  /**
   * @param {Buffer} bytes
   * @param {number} at
   * @param {number} start
   * @param {number} end
   */
  #receiveFrame(bytes, at, start, end) {
    const kind = bytes[at];
    if (kind === TEXT) this.#owner.handleText(bytes, start, end);
    else if (kind === PING) {
      const payload = Buffer.from(bytes.subarray(start, end));
      this.#socket.write(encodeFrame({ opcode: Opcode.Pong, payload, key: KEY }));
    } else this.#fail(`a frame began with 0x${kind.toString(16)}`);
  }

  /** @param {string} reason */
  #fail(reason) {
    if (this.#isOver) return;
    this.destroy();
    this.#owner.handleFailure(reason);
  }
}

/**
 * @param {number} port
 * @param {import('./dialects.mjs').Dialect} dialect
 */
function requestFor(port, { path, subprotocol }) {
  return [
    `GET ${path} HTTP/1.1`,
    `Host: 127.0.0.1:${port}`,
    'Connection: Upgrade',
    'Upgrade: websocket',
    'Sec-WebSocket-Version: 13',
    `Sec-WebSocket-Key: ${randomBytes(16).toString('base64')}`,
    ...(subprotocol === null ? [] : [`Sec-WebSocket-Protocol: ${subprotocol}`]),
    '\r\n',
  ].join('\r\n');
}

const NOTHING = Buffer.alloc(0);
/** Nobody but the server on this machine reads it: a key that is always the same is one thing less to compute. */
const KEY = 0x1f2e3d4c;
const TEXT = 0x81;
const PING = 0x89;
