import type { BroadcastOperator } from './broadcast-operator.js';
import type { AckAnswer, ArgsBeforeAck, EventArgs, EventName, WithErrors } from './event-types.js';

/** How a socket sends one event. */
export interface EmissionFlags {
  readonly isVolatile?: boolean;
  /** Undefined for acknowledgements that may take for ever. */
  readonly timeoutMs?: number;
}

/** What an emission needs of its socket. */
export interface EmissionTarget {
  emitWith(flags: EmissionFlags, values: unknown[]): void;
}

/** A socket that sends its next event in some way: `socket.volatile`, `socket.timeout(5_000)`. */
export class SocketEmission<EmitEvents extends object, SocketData> {
  readonly #target: EmissionTarget;
  readonly #flags: EmissionFlags;
  /** What the socket broadcasts with, in the same way. */
  readonly broadcast: BroadcastOperator<EmitEvents, SocketData>;

  constructor(
    target: EmissionTarget,
    flags: EmissionFlags,
    broadcast: BroadcastOperator<EmitEvents, SocketData>,
  ) {
    this.#target = target;
    this.#flags = flags;
    this.broadcast = broadcast;
  }

  get volatile(): SocketEmission<EmitEvents, SocketData> {
    return new SocketEmission(this.#target, { ...this.#flags, isVolatile: true }, this.broadcast.volatile);
  }

  get local(): BroadcastOperator<EmitEvents, SocketData> {
    return this.broadcast.local;
  }

  timeout(timeoutMs: number): SocketEmission<WithErrors<EmitEvents>, SocketData> {
    const flags = { ...this.#flags, timeoutMs };
    return new SocketEmission(this.#target, flags, this.broadcast.timeout(timeoutMs));
  }

  /** Accepted, and without effect. */
  compress(_isCompressed: boolean): this {
    return this;
  }

  to(room: string | readonly string[]): BroadcastOperator<EmitEvents, SocketData> {
    return this.broadcast.to(room);
  }

  in(room: string | readonly string[]): BroadcastOperator<EmitEvents, SocketData> {
    return this.broadcast.to(room);
  }

  except(room: string | readonly string[]): BroadcastOperator<EmitEvents, SocketData> {
    return this.broadcast.except(room);
  }

  /** Sends an event. @throws UsageError `ERR_WS_INVALID_DATA` for a reserved name, TypeError when JSON cannot hold the arguments */
  emit<Name extends EventName<EmitEvents>>(event: Name, ...args: EventArgs<EmitEvents, Name>): true {
    this.#target.emitWith(this.#flags, [event, ...args]);
    return true;
  }

  /** Sends an event, and resolves with its acknowledgement; with a timeout it may reject. */
  emitWithAck<Name extends EventName<EmitEvents>>(
    event: Name,
    ...args: ArgsBeforeAck<EventArgs<EmitEvents, Name>>
  ): Promise<AckAnswer<EventArgs<EmitEvents, Name>>> {
    type Answer = AckAnswer<EventArgs<EmitEvents, Name>>;
    const hasTimeout = this.#flags.timeoutMs !== undefined;
    return new Promise((resolve, reject) => {
      const timed = (error: Error | null, answer: Answer) =>
        error === null ? resolve(answer) : reject(error);
      this.#target.emitWith(this.#flags, [event, ...args, hasTimeout ? timed : resolve]);
    });
  }
}
