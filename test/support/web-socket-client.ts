import WebSocket, { type ClientOptions } from 'ws';

/** A message as npm `ws` received it. */
export interface ReceivedMessage {
  readonly data: Buffer;
  readonly isBinary: boolean;
}

/** A client of npm `ws` whose messages are taken one by one. */
export class WebSocketClient {
  readonly socket: WebSocket;
  /** Resolves with the close code. */
  readonly closed: Promise<number>;
  readonly #received: ReceivedMessage[] = [];
  #wake: () => void = () => {};

  private constructor(socket: WebSocket) {
    this.socket = socket;
    socket.on('message', (data, isBinary) => {
      this.#received.push({ data: data as Buffer, isBinary });
      this.#wake();
    });
    // A connection that was lost is an error first.
    socket.on('error', () => {});
    this.closed = new Promise((resolve) => {
      socket.once('close', resolve);
    });
  }

  /** Connects; rejects with `RefusedError` when the server answers with anything but 101. */
  static async connect(url: string, options: ClientOptions = {}): Promise<WebSocketClient> {
    const socket = new WebSocket(url, options);
    const client = new WebSocketClient(socket);
    await new Promise<void>((resolve, reject) => {
      socket.on('open', resolve);
      socket.on('error', reject);
      socket.on('unexpected-response', (_request, response) => {
        response.resume();
        reject(new RefusedError(response.statusCode ?? 0, response.headers));
      });
    });
    return client;
  }

  /** The next message, when it comes. */
  async take(): Promise<ReceivedMessage> {
    for (;;) {
      const message = this.#received.shift();
      if (message !== undefined) return message;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }
}

/** The server's answer was no 101. */
export class RefusedError extends Error {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;

  constructor(status: number, headers: RefusedError['headers']) {
    super(`refused with ${status}`);
    this.status = status;
    this.headers = headers;
  }
}
