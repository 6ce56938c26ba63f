/** What came from a client, or goes to one: as open as `JSON.parse` types it, which is how Socket.IO types it, too. */
export type Untyped = ReturnType<typeof JSON.parse>;

/** Any event, with any arguments. */
export interface DefaultEventsMap {
  readonly [event: string]: (...args: Untyped[]) => void;
}

export type Listener = (...args: Untyped[]) => unknown;

/** The names of events of a map. */
export type EventName<Events> = keyof Events & string;

/** What comes with an event. */
export type EventArgs<Events, Name extends keyof Events> = Events[Name] extends (
  ...args: infer Args
) => unknown
  ? Args
  : never;

/** The same without the acknowledgement, which is awaited instead. */
export type ArgsBeforeAck<Args extends readonly unknown[]> = Args extends readonly [...infer Before, unknown]
  ? Before
  : Args;

/** What the acknowledgement of an event answers. */
export type AckAnswer<Args extends readonly unknown[]> = Args extends readonly [...unknown[], infer Ack]
  ? Ack extends (...answer: infer Answer) => unknown
    ? LastOf<Answer>
    : never
  : Untyped;

/** The events, with acknowledgements that are told first what went wrong. */
export type WithErrors<Events> = {
  [Name in keyof Events]: Events[Name] extends (...args: infer Args) => unknown
    ? (...args: AcksWithError<Args>) => void
    : never;
};

/** The events, with acknowledgements that are told what went wrong, and all answers. */
export type WithAnswers<Events> = {
  [Name in keyof Events]: Events[Name] extends (...args: infer Args) => unknown
    ? (...args: AcksWithAnswers<Args>) => void
    : never;
};

/** What a socket tells of itself. */
export interface SocketReservedEvents {
  disconnect: (reason: DisconnectReason, details?: unknown) => void;
  disconnecting: (reason: DisconnectReason, details?: unknown) => void;
  error: (error: Error) => void;
}

/** Why a socket is disconnected, in the words of Socket.IO. */
export type DisconnectReason =
  | 'transport close'
  | 'transport error'
  | 'parse error'
  | 'ping timeout'
  | 'forced close'
  | 'forced server close'
  | 'server shutting down'
  | 'client namespace disconnect'
  | 'server namespace disconnect';

type LastOf<Items extends readonly unknown[]> = Items extends readonly [...unknown[], infer Last]
  ? Last
  : Untyped;

type AcksWithError<Args extends readonly unknown[]> = {
  [Index in keyof Args]: Args[Index] extends (...answer: infer Answer) => unknown
    ? (error: Error | null, ...answer: Answer) => void
    : Args[Index];
};

type AcksWithAnswers<Args extends readonly unknown[]> = {
  [Index in keyof Args]: Args[Index] extends (...answer: infer Answer) => unknown
    ? (error: Error | null, answers: LastOf<Answer>[]) => void
    : Args[Index];
};
