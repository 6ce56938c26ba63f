import { connect } from 'node:net';

/**
 * @typedef {object} ConnectionEvents
 * @property {() => void} opened the 101 response arrived and is right
 * @property {(byteCount: number) => void} bytes so many bytes are at the start of the target's read buffer
 * @property {() => void} closed the TCP connection is over, not by `destroy`
 */

/**
 * A client connection that does no more than a load needs: it opens, writes buffers that are ready to send, and hands on
 * what arrives. Anything that goes wrong is thrown and ends the load process.
 */
export class Connection {
  /** @type {import('node:net').Socket} */
  #socket;
  /** @type {import('./target.mjs').Target} */
  #target;
  /** @type {ConnectionEvents} */
  #events;
  /** @type {import('./target.mjs').OpeningHandshake} */
  #handshake;
  /** @type {string | undefined} the response so far; undefined once the connection is open */
  #responseHead = '';

  /**
   * @param {import('./target.mjs').Target} target
   * @param {ConnectionEvents} events
   * @param {{ localAddress?: string }} [options]
   */
  constructor(target, events, options = {}) {
    this.#target = target;
    this.#events = events;
    this.#handshake = target.nextHandshake();
    this.#socket = connect({
      host: '127.0.0.1',
      port: target.port,
      noDelay: true,
      ...options,
      onread: { buffer: target.readBuffer, callback: (byteCount) => this.#receive(byteCount) },
    });
    this.#socket.on('connect', () => this.#socket.write(this.#handshake.request));
    this.#socket.on('error', (error) => {
      throw new Error(`connection failed: ${error.message}`);
    });
    this.#socket.on('close', () => events.closed());
  }

  /** @param {Uint8Array} bytes */
  write(bytes) {
    this.#socket.write(bytes);
  }

  destroy() {
    this.#socket.removeAllListeners('close').destroy();
  }

  /** @param {number} byteCount */
  #receive(byteCount) {
    if (this.#responseHead === undefined) this.#events.bytes(byteCount);
    else this.#receiveHandshake(this.#target.readBuffer.toString('latin1', 0, byteCount));
    return true;
  }

  /** @param {string} text */
  #receiveHandshake(text) {
    const head = `${this.#responseHead}${text}`;
    this.#responseHead = head;
    const end = head.indexOf('\r\n\r\n');
    if (end === -1) return;
    if (end + 4 !== head.length) throw new Error('the server sent bytes after its handshake');
    if (!head.startsWith('HTTP/1.1 101 ')) throw new Error(`handshake refused: ${head.split('\r\n', 1)[0]}`);
    const accept = /\r\nsec-websocket-accept:[ \t]*([^\r\n \t]*)/i.exec(head)?.[1];
    if (accept !== this.#handshake.accept) throw new Error('wrong Sec-WebSocket-Accept');
    if (/\r\nsec-websocket-(extensions|protocol):/i.test(head))
      throw new Error('negotiated what nobody offered');
    this.#responseHead = undefined;
    this.#events.opened();
  }
}

/**
 * Opens connections, a limited number at a time, and resolves when all are open.
 *
 * @param {number} count
 * @param {(index: number, opened: () => void) => void} open starts one, and calls `opened` when it is open
 * @returns {Promise<void>}
 */
export function openAll(count, open) {
  return new Promise((resolve) => {
    let started = 0;
    let finished = 0;
    const startNext = () => open(started++, opened);
    const opened = () => {
      finished++;
      if (finished === count) resolve();
      else if (started < count) startNext();
    };
    while (started < Math.min(count, MAX_OPENING)) startNext();
  });
}

const MAX_OPENING = 128;
