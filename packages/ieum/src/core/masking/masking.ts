/** A masking key (RFC 6455 §5.3): its four bytes on the wire, the first one in the most significant place. Signed or not. */
export type MaskingKey = number;

/**
 * Masks or unmasks `payload` in place: byte `i` is XORed with byte `(offset + i) mod 4` of the key.
 *
 * @param offset how many bytes of the frame's payload went before, when it arrives in pieces
 */
export function applyMask(payload: Uint8Array, key: MaskingKey, offset = 0): void {
  const length = payload.length;
  if (length < wordThreshold) {
    for (let i = 0; i < length; i++) payload[i] = (payload[i] as number) ^ keyByte(key, offset + i);
    return;
  }
  const misalignment = payload.byteOffset & 3;
  const head = misalignment === 0 ? 0 : 4 - misalignment;
  for (let i = 0; i < head; i++) payload[i] = (payload[i] as number) ^ keyByte(key, offset + i);

  const words = new Uint32Array(payload.buffer, payload.byteOffset + head, (length - head) >>> 2);
  maskWords(words, keyWord(key, offset + head));

  for (let i = head + words.length * 4; i < length; i++) {
    payload[i] = (payload[i] as number) ^ keyByte(key, offset + i);
  }
}

function maskWords(words: Uint32Array, key: number): void {
  const length = words.length;
  const unrolled = length - (length & 7);
  let i = 0;
  for (; i < unrolled; i += 8) {
    words[i] = (words[i] as number) ^ key;
    words[i + 1] = (words[i + 1] as number) ^ key;
    words[i + 2] = (words[i + 2] as number) ^ key;
    words[i + 3] = (words[i + 3] as number) ^ key;
    words[i + 4] = (words[i + 4] as number) ^ key;
    words[i + 5] = (words[i + 5] as number) ^ key;
    words[i + 6] = (words[i + 6] as number) ^ key;
    words[i + 7] = (words[i + 7] as number) ^ key;
  }
  for (; i < length; i++) words[i] = (words[i] as number) ^ key;
}

function keyByte(key: MaskingKey, index: number): number {
  return (key >>> (24 - ((index & 3) << 3))) & 0xff;
}

/** The key as a word of this machine's byte order, turned so that its first byte in memory masks byte `offset`. */
function keyWord(key: MaskingKey, offset: number): number {
  const bytes = new Uint8Array(4);
  for (let i = 0; i < 4; i++) bytes[i] = keyByte(key, offset + i);
  return new Uint32Array(bytes.buffer)[0] as number;
}

/** Below this many bytes, making a word view costs more than it saves. */
const wordThreshold = 48;
