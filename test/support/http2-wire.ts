import { once } from 'node:events';
import net, { type Socket } from 'node:net';

import { onTestFinished } from 'vitest';

/** A frame of HTTP/2 (RFC 9113 §4.1). */
export interface Http2Frame {
  readonly type: number;
  readonly flags: number;
  readonly streamId: number;
  readonly payload: Buffer;
}

/** RFC 9113 §6. */
export const FrameType = {
  Data: 0,
  Headers: 1,
  RstStream: 3,
  Settings: 4,
  Ping: 6,
  GoAway: 7,
  WindowUpdate: 8,
  Continuation: 9,
} as const;

export const Flag = { Ack: 1, EndStream: 1, EndHeaders: 4 } as const;

/** RFC 9113 §7. */
export const ErrorCode = {
  NoError: 0,
  ProtocolError: 1,
  RefusedStream: 7,
  Cancel: 8,
  EnhanceYourCalm: 11,
} as const;

/** A client of HTTP/2 without TLS that writes frames by hand, right or wrong, and keeps those that come. */
export class Http2Wire {
  readonly socket: Socket;
  readonly frames: Http2Frame[] = [];
  isClosed = false;
  hasEnded = false;
  #received: Buffer = Buffer.alloc(0);
  #changed: () => void = () => {};

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.on('error', () => {});
    socket.on('data', (chunk) => this.#receive(chunk));
    socket.on('end', () => {
      this.hasEnded = true;
      this.#changed();
    });
    socket.on('close', () => {
      this.isClosed = true;
      this.#changed();
    });
  }

  /** Connects and says the preface, with empty settings; the server's are acknowledged. */
  static async connect(port: number, options: { allowHalfOpen?: boolean } = {}): Promise<Http2Wire> {
    const socket = net.connect({ port, host: '127.0.0.1', noDelay: true, ...options });
    const wire = new Http2Wire(socket);
    onTestFinished(() => {
      socket.destroy();
    });
    await once(socket, 'connect');
    socket.write('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
    wire.send(FrameType.Settings, 0, 0);
    await wire.frame(FrameType.Settings);
    wire.send(FrameType.Settings, Flag.Ack, 0);
    return wire;
  }

  send(type: number, flags: number, streamId: number, payload: Uint8Array = Buffer.alloc(0)): void {
    this.socket.write(frameBytes(type, flags, streamId, payload));
  }

  /** Sends an extended CONNECT. */
  open(streamId: number, fields: readonly (readonly [string, string])[] = correctFields): void {
    this.send(FrameType.Headers, Flag.EndHeaders, streamId, fieldBlock(fields));
  }

  /** Opens a WebSocket connection and waits until it is. */
  async opened(streamId: number): Promise<void> {
    this.open(streamId);
    await this.frame(FrameType.Headers, streamId);
  }

  /** Lets the server send so many bytes more. */
  widen(streamId: number, byteLength: number): void {
    const increment = Buffer.alloc(4);
    increment.writeUInt32BE(byteLength);
    this.send(FrameType.WindowUpdate, 0, streamId, increment);
  }

  reset(streamId: number, code: number): void {
    const payload = Buffer.alloc(4);
    payload.writeUInt32BE(code);
    this.send(FrameType.RstStream, 0, streamId, payload);
  }

  /** All frames of a stream that came so far. */
  framesOf(streamId: number): readonly Http2Frame[] {
    return this.frames.filter((frame) => frame.streamId === streamId);
  }

  /** What came in the DATA frames of a stream. */
  dataOf(streamId: number): Buffer {
    const data = this.framesOf(streamId).filter(({ type }) => type === FrameType.Data);
    return Buffer.concat(data.map(({ payload }) => payload));
  }

  /** The first frame of that type, once it is there. */
  async frame(type: number, streamId = 0): Promise<Http2Frame> {
    const find = () => this.framesOf(streamId).find((frame) => frame.type === type);
    await this.until(() => find() !== undefined || this.isClosed, `a frame of type ${type}`);
    const found = find();
    if (found === undefined) throw new Error(`Closed without a frame of type ${type}`);
    return found;
  }

  /** The error code of the GOAWAY. */
  async goAway(): Promise<number> {
    return (await this.frame(FrameType.GoAway)).payload.readUInt32BE(4);
  }

  /** The error code of the RST_STREAM. */
  async resetOf(streamId: number): Promise<number> {
    return (await this.frame(FrameType.RstStream, streamId)).payload.readUInt32BE(0);
  }

  async until(condition: () => boolean, what: string, timeoutMs = 10_000): Promise<void> {
    const deadline = Date.now() + timeoutMs;
    while (!condition()) {
      if (Date.now() > deadline) throw new Error(`Waited ${timeoutMs} ms for ${what}`);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, 20);
        this.#changed = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }

  #receive(chunk: Buffer): void {
    this.#received = Buffer.concat([this.#received, chunk]);
    while (this.#received.length >= 9) {
      const end = 9 + this.#received.readUIntBE(0, 3);
      if (this.#received.length < end) break;
      const [type = 0, flags = 0] = this.#received.subarray(3, 5);
      const streamId = this.#received.readUInt32BE(5);
      this.frames.push({ type, flags, streamId, payload: this.#received.subarray(9, end) });
      this.#received = this.#received.subarray(end);
    }
    this.#changed();
  }
}

export function frameBytes(type: number, flags: number, streamId: number, payload: Uint8Array): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head.writeUInt8(type, 3);
  head.writeUInt8(flags, 4);
  head.writeUInt32BE(streamId, 5);
  return Buffer.concat([head, payload]);
}

/** Fields as literals without indexing and without Huffman coding (RFC 7541 §6.2.2). */
export function fieldBlock(fields: readonly (readonly [string, string])[]): Buffer {
  return Buffer.concat(fields.flatMap(([name, value]) => [Buffer.from([0]), literal(name), literal(value)]));
}

/** A string with its length before it (RFC 7541 §5.1, §5.2). */
function literal(text: string): Buffer {
  const bytes = Buffer.from(text, 'latin1');
  if (bytes.length < 127) return Buffer.concat([Buffer.from([bytes.length]), bytes]);
  const length = [127];
  let rest = bytes.length - 127;
  for (; rest >= 128; rest = Math.floor(rest / 128)) length.push((rest % 128) + 128);
  return Buffer.concat([Buffer.from([...length, rest]), bytes]);
}

/** Of an opening handshake. */
export const correctFields: readonly (readonly [string, string])[] = [
  [':method', 'CONNECT'],
  [':protocol', 'websocket'],
  [':scheme', 'http'],
  [':path', '/'],
  [':authority', 'localhost'],
  ['sec-websocket-version', '13'],
];
