import type { BroadcastOperator } from './broadcast-operator.js';
import type { SocketDescription } from './broadcaster.js';
import type {
  AckAnswer,
  ArgsBeforeAck,
  EventArgs,
  EventName,
  WithAnswers,
  WithErrors,
} from './event-types.js';
import type { Handshake } from './handshake.js';

/** A socket on whatever node, as `fetchSockets` found it. */
export class RemoteSocket<EmitEvents extends object, SocketData> {
  readonly id: string;
  readonly handshake: Handshake;
  /** As they were then. */
  readonly rooms: ReadonlySet<string>;
  /** Of a socket on another node a copy, as it was then. */
  readonly data: SocketData;
  readonly #operator: BroadcastOperator<EmitEvents, SocketData>;

  constructor(description: SocketDescription, operator: BroadcastOperator<EmitEvents, SocketData>) {
    this.id = description.id;
    this.handshake = description.handshake;
    this.rooms = description.rooms;
    this.data = description.data as SocketData;
    this.#operator = operator;
  }

  /** Sends to it alone. Throws as `BroadcastOperator.emit` does. */
  emit<Name extends EventName<EmitEvents>>(
    event: Name,
    ...args: EventArgs<WithErrors<EmitEvents>, Name>
  ): true {
    return this.#operator.emit(event, ...(args as unknown as EventArgs<WithAnswers<EmitEvents>, Name>));
  }

  /** Sends to it alone, and resolves with its answer. */
  async emitWithAck<Name extends EventName<EmitEvents>>(
    event: Name,
    ...args: ArgsBeforeAck<EventArgs<EmitEvents, Name>>
  ): Promise<AckAnswer<EventArgs<EmitEvents, Name>>> {
    const answer: unknown = await this.#operator.emitWithAck(event, ...args);
    return answer as AckAnswer<EventArgs<EmitEvents, Name>>;
  }

  timeout(timeoutMs: number): BroadcastOperator<WithErrors<EmitEvents>, SocketData> {
    return this.#operator.timeout(timeoutMs);
  }

  join(room: string | readonly string[]): void {
    this.#operator.socketsJoin(room);
  }

  leave(room: string | readonly string[]): void {
    this.#operator.socketsLeave(room);
  }

  disconnect(close = false): this {
    this.#operator.disconnectSockets(close);
    return this;
  }
}
