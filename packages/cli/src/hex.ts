/** Reads bytes in hexadecimal, with or without spaces, colons or a leading `0x`; null when it is not that. */
export function parseHex(text: string): Buffer | null {
  const digits = text.trim().replace(/^0x/i, '').replace(/[\s:]/g, '');
  return /^(?:[\da-f]{2})*$/i.test(digits) ? Buffer.from(digits, 'hex') : null;
}

export function formatHex(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex');
}

/** Bytes as lines of offset, hexadecimal and ASCII, sixteen to a line. */
export function hexDump(bytes: Uint8Array): string[] {
  const lines: string[] = [];
  for (let offset = 0; offset < bytes.length; offset += bytesPerLine) {
    const row = [...bytes.subarray(offset, offset + bytesPerLine)];
    const pairs = row.map((byte) => byte.toString(16).padStart(2, '0'));
    const left = pairs.slice(0, bytesPerLine / 2).join(' ');
    const right = pairs.slice(bytesPerLine / 2).join(' ');
    const ascii = row.map((byte) => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '.')).join('');
    const columns = `${left.padEnd(23)}  ${right.padEnd(23)}`;
    lines.push(`${offset.toString(16).padStart(8, '0')}  ${columns}  |${ascii}|`);
  }
  return lines;
}

const bytesPerLine = 16;
