export type HexVerdict =
  | { readonly type: 'bytes'; readonly bytes: Uint8Array<ArrayBuffer> }
  | { readonly type: 'invalid'; readonly index: number; readonly words: string };

/**
 * Reads bytes typed as hex: pairs of digits, with spaces, line breaks, commas, colons or dashes between bytes and
 * an optional `0x` before each group. `index` in a fault counts characters from 0.
 */
export function parseHex(text: string): HexVerdict {
  const digits: number[] = [];
  let groupStart = 0;
  let index = 0;
  const groupFault = (): HexVerdict | undefined =>
    digits.length % 2 === 0 ? undefined : odd(text.slice(groupStart, index), groupStart);
  while (index < text.length) {
    const character = text.charAt(index);
    if (SEPARATOR.test(character)) {
      const fault = groupFault();
      if (fault !== undefined) return fault;
      index += 1;
      groupStart = index;
    } else if (index === groupStart && /^0x/i.test(text.slice(index, index + 2))) {
      index += 2;
    } else {
      const value = Number.parseInt(character, 16);
      if (Number.isNaN(value)) return notHex(character, index);
      digits.push(value);
      index += 1;
    }
  }
  return groupFault() ?? { type: 'bytes', bytes: joinDigits(digits) };
}

/** Bytes as pairs of hex digits with spaces; at most `maxBytes` of them, then an ellipsis. */
export function formatHex(bytes: Uint8Array, maxBytes: number = bytes.length): string {
  const pairs = Array.from(bytes.subarray(0, maxBytes), hexPair).join(' ');
  return bytes.length > maxBytes ? `${pairs} …` : pairs;
}

/** A classic dump: offset, sixteen bytes, and what they are in ASCII; at most `maxBytes` of the input. */
export function hexDump(bytes: Uint8Array, maxBytes: number = bytes.length): string {
  const end = Math.min(bytes.length, maxBytes);
  const lines: string[] = [];
  for (let offset = 0; offset < end; offset += BYTES_PER_LINE) {
    lines.push(dumpLine(bytes.subarray(offset, Math.min(offset + BYTES_PER_LINE, end)), offset));
  }
  return lines.join('\n');
}

function dumpLine(line: Uint8Array, offset: number): string {
  const left = Array.from(line.subarray(0, 8), hexPair).join(' ');
  const right = Array.from(line.subarray(8), hexPair).join(' ');
  const ascii = Array.from(line, (byte) => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '·'));
  return `${offset.toString(16).padStart(8, '0')}  ${left.padEnd(23)}  ${right.padEnd(23)}  ${ascii.join('')}`;
}

function joinDigits(digits: readonly number[]): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(
    { length: digits.length / 2 },
    (_, at) => (digits[at * 2] ?? 0) * 16 + (digits[at * 2 + 1] ?? 0),
  );
}

function hexPair(byte: number): string {
  return byte.toString(16).padStart(2, '0');
}

function odd(group: string, index: number): HexVerdict {
  return {
    type: 'invalid',
    index,
    words: `“${group}” has an odd number of hex digits: a byte is two, such as 0a.`,
  };
}

function notHex(character: string, index: number): HexVerdict {
  return {
    type: 'invalid',
    index,
    words: `“${character}” at character ${index + 1} is no hex digit: use 0–9 and a–f.`,
  };
}

const BYTES_PER_LINE = 16;
const SEPARATOR = /[\s,:-]/;
