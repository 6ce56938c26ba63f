import { casePath } from '../client-protocol.js';

/** The part of the WHATWG `WebSocket` that a driver needs, typed so that every class that is like it fits. */
export interface EchoSocket {
  binaryType: string;
  /** Called with an event that has `data`. */
  onmessage: unknown;
  onclose: unknown;
  onerror: unknown;
  /** Takes what `data` of a message was: a text or an `ArrayBuffer`. */
  send(data: never): void;
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
      await converse(open(base + casePath(next.value, agent)), (socket, data) => socket.send(data as never));
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
    socket.onmessage = ({ data }: { readonly data: unknown }) => {
      if (messages.length === 0) messages.push(data);
      handleMessage(socket, data);
    };
    socket.onerror = () => {};
    socket.onclose = () => resolve(messages);
  });
}
