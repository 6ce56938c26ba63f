import { PreparedMessage } from 'ieum';

/** What workers write to each other: who they are, first of all, and then messages. */
export type BusFrame =
  | { readonly type: 'hello'; readonly worker: number }
  | { readonly type: 'message'; readonly topic: string; readonly message: PreparedMessage };

export function encodeHello(worker: number): Uint8Array {
  const frame = Buffer.alloc(headBytes + 4);
  writeHead(frame, { kind: kinds.hello, topicBytes: 0, payloadBytes: 4 });
  frame.writeUInt32BE(worker, headBytes);
  return frame;
}

/** A message as head and payload, so that the payload need not be copied. @throws RangeError for a topic above 64 KiB */
export function encodeMessage(topic: string, message: PreparedMessage): readonly [Uint8Array, Uint8Array] {
  const topicBytes = Buffer.byteLength(topic);
  if (topicBytes > 0xffff) throw new RangeError(`a topic has 65,535 bytes at most, not ${topicBytes}`);
  const head = Buffer.alloc(headBytes + topicBytes);
  writeHead(head, { kind: kinds[message.type], topicBytes, payloadBytes: message.bytes.byteLength });
  head.write(topic, headBytes);
  return [head, message.bytes];
}

/** Cuts the bytes of one worker into frames again. What it gives are views of what it was given, where that is possible. */
export class BusFrameDecoder {
  #pending: Buffer[] = [];
  #pendingBytes = 0;
  #neededBytes = headBytes;

  /** The frames that are complete with this chunk. */
  receive(chunk: Buffer): BusFrame[] {
    this.#pending.push(chunk);
    this.#pendingBytes += chunk.length;
    if (this.#pendingBytes < this.#neededBytes) return [];
    const bytes = this.#pending.length === 1 ? chunk : Buffer.concat(this.#pending);
    const frames: BusFrame[] = [];
    let offset = 0;
    for (;;) {
      this.#neededBytes = frameBytes(bytes, offset);
      if (bytes.length - offset < this.#neededBytes) break;
      frames.push(decodeFrame(bytes.subarray(offset, offset + this.#neededBytes)));
      offset += this.#neededBytes;
    }
    this.#pending = offset === bytes.length ? [] : [bytes.subarray(offset)];
    this.#pendingBytes = bytes.length - offset;
    return frames;
  }
}

interface Head {
  readonly kind: number;
  readonly topicBytes: number;
  readonly payloadBytes: number;
}

/** kind (1 byte), length of the topic (2), length of the payload (4); topic and payload follow. */
function writeHead(frame: Buffer, { kind, topicBytes, payloadBytes }: Head): void {
  frame.writeUInt8(kind, 0);
  frame.writeUInt16BE(topicBytes, 1);
  frame.writeUInt32BE(payloadBytes, 3);
}

/** How long the frame at `offset` is, or its head while that is not there. */
function frameBytes(bytes: Buffer, offset: number): number {
  if (bytes.length - offset < headBytes) return headBytes;
  return headBytes + bytes.readUInt16BE(offset + 1) + bytes.readUInt32BE(offset + 3);
}

function decodeFrame(frame: Buffer): BusFrame {
  const kind = frame.readUInt8(0);
  if (kind === kinds.hello) return { type: 'hello', worker: frame.readUInt32BE(headBytes) };
  const payloadStart = headBytes + frame.readUInt16BE(1);
  const topic = frame.toString('utf8', headBytes, payloadStart);
  const type = kind === kinds.text ? 'text' : 'binary';
  return { type: 'message', topic, message: new PreparedMessage(type, frame.subarray(payloadStart)) };
}

const headBytes = 7;
const kinds = { hello: 0, text: 1, binary: 2 } as const;
