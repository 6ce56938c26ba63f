import { casePath } from '../client-protocol.js';

/** The part of the WHATWG `WebSocket` that a driver needs. */
export interface EchoSocket {
  binaryType: string;
  onmessage: ((event: { data: unknown }) => void) | null;
  onclose: ((event: object) => void) | null;
  onerror: ((event: object) => void) | null;
  send(data: string | ArrayBuffer): void;
  close(): void;
}

/** Opens a connection, as the client under judgement does. */
export type OpenSocket = (url: string) => EchoSocket;

export interface DriveOptions {
  /** How many cases run at a time. Default 4. */
  readonly concurrency?: number;
}

/**
 * Runs a client that is like the WHATWG `WebSocket` through all cases that a tester has for it.
 *
 * @param base where `ieum check client` listens, without a path
 */
export async function driveClient(
  base: string,
  agent: string,
  open: OpenSocket,
  { concurrency = 4 }: DriveOptions = {},
): Promise<void> {
  const [list = '[]'] = await converse(open(`${base}/cases`), () => {});
  const ids: Iterator<string> = (JSON.parse(String(list)) as string[]).values();
  const work = async (): Promise<void> => {
    for (let next = ids.next(); next.done !== true; next = ids.next()) {
      await converse(open(base + casePath(next.value, agent)), (socket, data) => socket.send(data as string));
    }
  };
  await Promise.all(Array.from({ length: concurrency }, work));
  await converse(open(`${base}/done?agent=${encodeURIComponent(agent)}`), () => {});
}

/** Resolves with the messages that came, when the connection is closed or could not be opened. */
function converse(
  socket: EchoSocket,
  handleMessage: (socket: EchoSocket, data: unknown) => void,
): Promise<unknown[]> {
  socket.binaryType = 'arraybuffer';
  const messages: unknown[] = [];
  return new Promise((resolve) => {
    socket.onmessage = ({ data }) => {
      if (messages.length === 0) messages.push(data);
      handleMessage(socket, data);
    };
    socket.onerror = () => {};
    socket.onclose = () => resolve(messages);
  });
}
