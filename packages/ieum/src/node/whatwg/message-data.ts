import { isArrayBuffer } from 'node:util/types';

/**
 * What a value is sent as, by Web IDL's rules for `(BufferSource or Blob or USVString)`: buffers and views as bytes, of
 * which none are copied here; everything else as text, a `SharedArrayBuffer` too.
 *
 * @throws TypeError for a view of shared memory, for a resizable buffer, and for what has no text
 */
export function toMessageData(value: unknown): string | Uint8Array | Blob {
  return value instanceof Blob ? value : toPayloadData(value);
}

/** The same for `(BufferSource or USVString)`: the chunks of a stream. @throws TypeError as `toMessageData` does */
export function toPayloadData(value: unknown): string | Uint8Array {
  if (typeof value === 'string') return value;
  if (ArrayBuffer.isView(value)) {
    if (!isArrayBuffer(value.buffer)) throw new TypeError('a view of shared memory cannot be sent');
    requireFixedLength(value.buffer);
    return new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
  }
  if (isArrayBuffer(value)) {
    requireFixedLength(value);
    return new Uint8Array(value);
  }
  return `${value as string}`;
}

export function byteLengthOfData(data: string | Uint8Array | Blob): number {
  if (typeof data === 'string') return Buffer.byteLength(data, 'utf8');
  return data instanceof Blob ? data.size : data.byteLength;
}

function requireFixedLength(buffer: ArrayBuffer & { readonly resizable?: boolean }): void {
  if (buffer.resizable) throw new TypeError('a resizable ArrayBuffer cannot be sent');
}
