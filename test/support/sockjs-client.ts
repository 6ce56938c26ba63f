import { createRequire } from 'node:module';

import { onTestFinished } from 'vitest';

/** The official client, as far as tests use it. */
interface SockJsSocket {
  onopen: (() => void) | null;
  onmessage: ((event: { readonly data: string }) => void) | null;
  onclose:
    | ((event: { readonly code: number; readonly reason: string; readonly wasClean: boolean }) => void)
    | null;
  readonly transport: string;
  send(text: string): void;
  close(code?: number, reason?: string): void;
}

const SockJS: new (
  url: string,
  protocols: null,
  options: { readonly transports: readonly string[] },
) => SockJsSocket = createRequire(import.meta.url)('sockjs-client');

/** The official client in Node, and what it is told. */
export class OfficialClient {
  readonly #socket: SockJsSocket;
  readonly #received: string[] = [];
  #wake: () => void = () => {};
  /** Resolves with the transport that it has chosen. */
  readonly opened: Promise<string>;
  readonly closed: Promise<{ readonly code: number; readonly reason: string; readonly wasClean: boolean }>;

  /** @param transports those that it may use; all for none */
  constructor(url: string, transports: readonly string[] = []) {
    const socket = new SockJS(url, null, { transports });
    this.#socket = socket;
    this.opened = new Promise((resolve) => {
      socket.onopen = () => resolve(socket.transport);
    });
    this.closed = new Promise((resolve) => {
      socket.onclose = ({ code, reason, wasClean }) => resolve({ code, reason, wasClean });
    });
    socket.onmessage = ({ data }) => {
      this.#received.push(data);
      this.#wake();
    };
    onTestFinished(() => socket.close());
  }

  send(text: string): void {
    this.#socket.send(text);
  }

  close(code?: number, reason?: string): void {
    this.#socket.close(code, reason);
  }

  /** The next message. */
  async next(): Promise<string> {
    while (this.#received.length === 0) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    return this.#received.shift() as string;
  }
}
