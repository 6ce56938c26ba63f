import { randomUUID } from 'node:crypto';
import { rmSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';

/** Makes the folder for the sockets between workers, that only this user may enter; on Windows a prefix of pipe names. */
export async function createMeetingPlace(): Promise<string> {
  if (process.platform === 'win32') return `\\\\.\\pipe\\ieum-${randomUUID()}`;
  const folder = tmpdir();
  // The path of a Unix socket has 103 bytes at most on some systems.
  return await mkdtemp(`${Buffer.byteLength(folder) > 70 ? '/tmp' : folder}/ieum-`);
}

/** Removes the folder and all in it. */
export function removeMeetingPlace(folder: string): void {
  if (process.platform !== 'win32') rmSync(folder, { recursive: true, force: true });
}
