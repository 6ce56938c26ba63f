import type { Duplex } from 'node:stream';

/** Writes text and resolves with as many bytes of what comes back. */
export function converse(stream: Duplex, text: string): Promise<string> {
  stream.write(text);
  return readText(stream, Buffer.byteLength(text));
}

/** Resolves with the next `length` bytes of a stream as text; rejects if it ends before. */
export function readText(stream: Duplex, length: number): Promise<string> {
  return new Promise((resolve, reject) => {
    let received = '';
    stream.on('data', (chunk: Buffer) => {
      received += chunk.toString('latin1');
      if (received.length >= length) resolve(received);
    });
    stream.on('error', reject);
    stream.on('close', () => reject(new Error(`Closed after ${received.length} of ${length} bytes`)));
  });
}
