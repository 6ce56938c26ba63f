import { LoadSocket } from './load-socket.mjs';

/**
 * @typedef {object} ClientOwner
 * @property {import('./dialects.mjs').Dialect} dialect
 * @property {Buffer} readBuffer
 * @property {(sequence: number) => Buffer | undefined} dataOf what the publication with a number carries; undefined before it is published
 * @property {(sequence: number) => void} handleDelivery
 * @property {() => void} handleReady
 * @property {(reason: string) => void} handleFailure
 */

/**
 * A client that publishes, or one that subscribes and holds every delivery against the one that must come next: nothing may
 * be missing, come twice, or in another order.
 */
export class LoadClient {
  #owner;
  #isSubscriber;
  #socket;
  #isReady = false;
  #delivered = 0;

  /**
   * @param {number} port
   * @param {boolean} isSubscriber
   * @param {ClientOwner} owner
   */
  constructor(port, isSubscriber, owner) {
    this.#owner = owner;
    this.#isSubscriber = isSubscriber;
    const { hello } = owner.dialect;
    this.#socket = new LoadSocket(port, owner.dialect, {
      readBuffer: owner.readBuffer,
      handleOpened: () => hello !== null && this.#socket.send([hello]),
      handleText: (bytes, start, end) => this.#receive(bytes, start, end),
      handleFailure: (reason) => owner.handleFailure(reason),
    });
  }

  /** @param {string[]} publications */
  publish(publications) {
    this.#socket.send(publications.map(this.#owner.dialect.publication));
  }

  destroy() {
    this.#socket.destroy();
  }

  /**
   * @param {Buffer} bytes
   * @param {number} start
   * @param {number} end
   */
  #receive(bytes, start, end) {
    if (this.#isReady) {
      const data = this.#owner.dataOf(this.#delivered);
      const dataEnd = end - this.#owner.dialect.tailBytes;
      const dataStart = dataEnd - (data?.length ?? 0);
      if (data !== undefined && dataStart >= start && data.compare(bytes, dataStart, dataEnd) === 0) {
        this.#owner.handleDelivery(this.#delivered++);
        return;
      }
    }
    this.#answer(bytes.toString('utf8', start, end));
  }

  /** @param {string} text */
  #answer(text) {
    const answer = this.#owner.dialect.answer(text, this.#isSubscriber);
    switch (answer.type) {
      case 'say':
        this.#socket.send([answer.text]);
        return;
      case 'ready':
        this.#isReady = true;
        this.#owner.handleReady();
        return;
      case 'surprise':
        this.#owner.handleFailure(
          `delivery ${this.#delivered} was expected, and this came: ${text.slice(0, 160)}`,
        );
    }
  }
}
