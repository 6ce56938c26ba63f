import { Buffer } from 'node:buffer';
import { UsageError } from './errors.js';
import { encodeFrame, opcodeOf } from './frame-encoder.js';
import { BinaryMessage, type Message, TextMessage } from './message.js';

/** A payload: a string is sent as a text message, bytes as a binary one. */
export type Payload = string | ArrayBuffer | ArrayBufferView;

/** Whatever can be sent. A received message is sent with its own type, without decoding it. */
export type Outgoing = Payload | Message | PreparedMessage;

/** How a message is sent. */
export interface SendOptions {
  /** Whether it may be compressed where that was negotiated. Default true. */
  readonly compress?: boolean;
  /**
   * It holds a secret that must not show in the size of what is sent, next to text that an attacker chose: it is never
   * compressed, whatever `compress` says. Default false.
   */
  readonly secret?: boolean;
}

/** A message encoded once, to be sent to many connections. Made by `prepareMessage`. */
export class PreparedMessage {
  readonly type: 'text' | 'binary';
  readonly bytes: Uint8Array;
  /** Whether extensions may encode it. */
  readonly isCompressible: boolean;
  #frame: Uint8Array | undefined;
  /** By the name of an encoding. */
  #frames: Map<string, Uint8Array> | null = null;
  #encodings: Map<string, Promise<Uint8Array | null>> | null = null;

  constructor(type: 'text' | 'binary', bytes: Uint8Array, isCompressible = true) {
    this.type = type;
    this.bytes = bytes;
    this.isCompressible = isCompressible;
  }

  /** The message as one unmasked frame: what every server sends. Encoded when first asked for. */
  get frame(): Uint8Array {
    this.#frame ??= encodeFrame({ opcode: opcodeOf(this.type), payload: this.bytes });
    return this.#frame;
  }

  /** Whether `frameIn` has its frame already. @internal */
  hasFrameIn(encoding: string): boolean {
    return this.#frames?.has(encoding) === true;
  }

  /**
   * The message as one unmasked frame in an encoding that connections share: the first one asked for is kept.
   *
   * @internal
   * @param encoded its payload in that encoding; null for as it is
   */
  frameIn(encoding: string, encoded: Uint8Array | null, rsv: number): Uint8Array {
    const known = this.#frames?.get(encoding);
    if (known !== undefined) return known;
    const frame =
      encoded === null ? this.frame : encodeFrame({ opcode: opcodeOf(this.type), rsv, payload: encoded });
    this.#frames ??= new Map();
    this.#frames.set(encoding, frame);
    this.#encodings?.delete(encoding);
    return frame;
  }

  /** Encodes the payload once, for all who ask meanwhile and later. @internal */
  encodeOnce(encoding: string, encode: () => Promise<Uint8Array | null>): Promise<Uint8Array | null> {
    this.#encodings ??= new Map();
    const encoded = this.#encodings.get(encoding) ?? encode();
    this.#encodings.set(encoding, encoded);
    return encoded;
  }
}

/**
 * Encodes a message once for a fan-out, so that sending it to one more connection computes nothing.
 *
 * @param data the bytes of a binary message must not change while the prepared message is in use
 * @throws UsageError `ERR_WS_INVALID_DATA` when it is nothing that can be sent, `ERR_WS_INVALID_OPTION`
 */
export function prepareMessage(data: Outgoing, options: SendOptions = {}): PreparedMessage {
  const isCompressible = mayCompress(options);
  if (data instanceof PreparedMessage) {
    if (isCompressible || !data.isCompressible) return data;
    return new PreparedMessage(data.type, data.bytes, false);
  }
  if (typeof data === 'string') return new PreparedMessage('text', Buffer.from(data, 'utf8'), isCompressible);
  if (isMessage(data)) return new PreparedMessage(data.type, data.bytes, isCompressible);
  return new PreparedMessage('binary', viewBytes(data), isCompressible);
}

/** A misspelt option, or one that is not quite true, must not compress a secret. */
function mayCompress({ compress = true, secret = false, ...others }: SendOptions): boolean {
  const [unknown] = Object.keys(others);
  if (unknown !== undefined) {
    throw new UsageError('ERR_WS_INVALID_OPTION', `messages have no option ${JSON.stringify(unknown)}`);
  }
  if (typeof compress !== 'boolean' || typeof secret !== 'boolean') {
    throw new UsageError('ERR_WS_INVALID_OPTION', 'compress and secret are true or false');
  }
  return compress && !secret;
}

/** How many payload bytes sending it takes. @throws UsageError `ERR_WS_INVALID_DATA` */
export function byteLengthOf(data: Outgoing): number {
  if (typeof data === 'string') return Buffer.byteLength(data, 'utf8');
  if (isMessage(data) || data instanceof PreparedMessage) return data.bytes.byteLength;
  return viewBytes(data).byteLength;
}

export function isMessage(data: unknown): data is Message {
  return data instanceof TextMessage || data instanceof BinaryMessage;
}

/** A payload as bytes: a string as UTF-8. @throws UsageError `ERR_WS_INVALID_DATA` */
export function payloadBytes(payload: Payload): Uint8Array {
  return typeof payload === 'string' ? Buffer.from(payload, 'utf8') : viewBytes(payload);
}

/** The bytes of a buffer or of exactly the part that a view shows. @throws UsageError `ERR_WS_INVALID_DATA` */
export function viewBytes(data: ArrayBuffer | ArrayBufferView): Uint8Array {
  if (data instanceof Uint8Array) return data;
  if (ArrayBuffer.isView(data)) return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  if (data instanceof ArrayBuffer) return new Uint8Array(data);
  throw new UsageError(
    'ERR_WS_INVALID_DATA',
    `only strings, ArrayBuffers, their views and messages can be sent, not ${describe(data)}`,
  );
}

/** What a control frame may carry (RFC 6455 §5.5). @throws UsageError `ERR_WS_INVALID_DATA`, `ERR_WS_CONTROL_PAYLOAD_TOO_LONG` */
export function controlBytes(payload: ArrayBuffer | ArrayBufferView): Uint8Array {
  const bytes = viewBytes(payload);
  if (bytes.length <= maxControlBytes) return bytes;
  throw new UsageError(
    'ERR_WS_CONTROL_PAYLOAD_TOO_LONG',
    `a control frame carries at most ${maxControlBytes} bytes, not ${bytes.length}`,
  );
}

function describe(value: unknown): string {
  if (value === null) return 'null';
  return typeof value === 'object'
    ? `an object (${value.constructor?.name ?? 'no class'})`
    : `a ${typeof value}`;
}

const maxControlBytes = 125;
