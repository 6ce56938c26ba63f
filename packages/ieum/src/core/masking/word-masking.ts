/**
 * Writes the bytes of `source` from `start` up to `end` to `target` from `at` on, masked. Both may be the same bytes, at the
 * same place. For few bytes: what is faster for many takes longer to begin.
 *
 * @param key a little-endian word: its lowest byte masks the first byte
 */
// A hot loop, hence its many parameters: a view or an object for them costs more than the loop.
export function maskBytes(
  target: Uint8Array,
  at: number,
  source: Uint8Array,
  start: number,
  end: number,
  key: number,
): void {
  const second = key >>> 8;
  const third = key >>> 16;
  const fourth = key >>> 24;
  const unrolled = end - ((end - start) & 3);
  let from = start;
  let to = at;
  for (; from < unrolled; from += 4, to += 4) {
    target[to] = (source[from] as number) ^ key;
    target[to + 1] = (source[from + 1] as number) ^ second;
    target[to + 2] = (source[from + 2] as number) ^ third;
    target[to + 3] = (source[from + 3] as number) ^ fourth;
  }
  if (from < end) target[to] = (source[from] as number) ^ key;
  if (from + 1 < end) target[to + 1] = (source[from + 1] as number) ^ second;
  if (from + 2 < end) target[to + 2] = (source[from + 2] as number) ^ third;
}

/**
 * Masks `payload` in place, four bytes at a time.
 *
 * @param key a little-endian word: its lowest byte masks the first byte
 */
export function maskWords(payload: Uint8Array, key: number): void {
  const { length } = payload;
  if (length < 4) {
    maskBytes(payload, 0, payload, 0, length, key);
    return;
  }
  const head = -payload.byteOffset & 3;
  const words = new Uint32Array(payload.buffer, payload.byteOffset + head, (length - head) >>> 2);
  const tail = head + words.length * 4;
  const turned = (key >>> (head << 3)) | (key << (32 - (head << 3)));

  maskBytes(payload, 0, payload, 0, head, key);
  maskAligned(words, isLittleEndian ? turned : reversed(turned));
  maskBytes(payload, tail, payload, tail, length, turned);
}

/** The same four bytes in the opposite order. */
export function reversed(word: number): number {
  return (word << 24) | ((word << 8) & 0xff0000) | ((word >>> 8) & 0xff00) | (word >>> 24);
}

function maskAligned(words: Uint32Array, key: number): void {
  const { length } = words;
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

const isLittleEndian = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;
