import type { CloseRecord, Message, Payload, Peer } from 'ieum';

/** How a session is shown. */
export interface SessionView {
  opened(peer: Peer<undefined>): void;
  /** The next message comes when the promise it may return is settled. */
  received(message: Message): void | Promise<void>;
  sent(payload: Payload): void;
  /** A Ping was received and answered. */
  pinged(payload: Uint8Array): void;
  /** A Pong was received; `roundTripMs` is null when we asked for none. */
  ponged(payload: Uint8Array, roundTripMs: number | null): void;
  /** Something that is not the server's doing, such as a mistake in a command. */
  told(problem: string): void;
  closed(record: CloseRecord): void;
  /** There is no connection; the reason is printed by whoever ends the process. */
  failed(message: string): void;
}
