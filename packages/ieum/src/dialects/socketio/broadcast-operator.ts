import { reservedEvents } from '../../codecs/socketio/index.js';
import { UsageError } from '../../core/errors.js';

import { type Broadcaster, type BroadcastFlags, everybody } from './broadcaster.js';
import type {
  AckAnswer,
  ArgsBeforeAck,
  EventArgs,
  EventName,
  WithAnswers,
  WithErrors,
} from './event-types.js';
import { RemoteSocket } from './remote-socket.js';
import type { Audience } from './rooms.js';

/** Sends to, and does things with, the sockets of some rooms, on all nodes. Each method that says whom gives another operator. */
export class BroadcastOperator<EmitEvents extends object, SocketData> {
  readonly #broadcaster: Broadcaster;
  readonly #audience: Audience;
  readonly #flags: BroadcastFlags;

  constructor(broadcaster: Broadcaster, audience: Audience = everybody, flags: BroadcastFlags = {}) {
    this.#broadcaster = broadcaster;
    this.#audience = audience;
    this.#flags = flags;
  }

  /** Also those in a room. */
  to(room: string | readonly string[]): BroadcastOperator<EmitEvents, SocketData> {
    const { rooms, except } = this.#audience;
    return this.#for({ rooms: new Set([...rooms, ...listOf(room)]), except });
  }

  in(room: string | readonly string[]): BroadcastOperator<EmitEvents, SocketData> {
    return this.to(room);
  }

  /** Not those in a room. */
  except(room: string | readonly string[]): BroadcastOperator<EmitEvents, SocketData> {
    const { rooms, except } = this.#audience;
    return this.#for({ rooms, except: new Set([...except, ...listOf(room)]) });
  }

  /** Accepted, and without effect: what is compressed is for the server's `permessageDeflate` to say. */
  compress(_isCompressed: boolean): BroadcastOperator<EmitEvents, SocketData> {
    return this;
  }

  /** Only to those who read now. */
  get volatile(): BroadcastOperator<EmitEvents, SocketData> {
    return this.#with({ volatile: true });
  }

  /** Only to sockets of this node. */
  get local(): BroadcastOperator<EmitEvents, SocketData> {
    return this.#with({ local: true });
  }

  /** How long acknowledgements may take, in milliseconds. Default 10 s. */
  timeout(timeoutMs: number): BroadcastOperator<WithErrors<EmitEvents>, SocketData> {
    return this.#with({ timeoutMs }) as unknown as BroadcastOperator<WithErrors<EmitEvents>, SocketData>;
  }

  /**
   * Sends an event. With a function as the last argument it is called with an error, if not all answered in time, and what was
   * answered.
   *
   * @throws UsageError `ERR_WS_INVALID_DATA` for a reserved name, TypeError when JSON cannot hold the arguments
   */
  emit<Name extends EventName<EmitEvents>>(
    event: Name,
    ...args: EventArgs<WithAnswers<EmitEvents>, Name>
  ): true {
    requireEventName(event);
    const values: unknown[] = [event, ...args];
    const { timeoutMs = defaultTimeoutMs, expectsOne = false } = this.#flags;
    if (typeof values.at(-1) !== 'function') {
      this.#broadcaster.broadcast(values, this.#audience, this.#flags);
      return true;
    }
    const ack = values.pop() as (error: Error | null, answers: unknown) => void;
    const done = (error: Error | null, answers: unknown[]) => ack(error, expectsOne ? answers[0] : answers);
    this.#broadcaster.broadcastWithAck(values, this.#audience, { ...this.#flags, timeoutMs, done });
    return true;
  }

  /** Sends an event and resolves with the answers of all; rejects when not all came in time, with those that did as `responses`. */
  emitWithAck<Name extends EventName<EmitEvents>>(
    event: Name,
    ...args: ArgsBeforeAck<EventArgs<EmitEvents, Name>>
  ): Promise<AckAnswer<EventArgs<EmitEvents, Name>>[]> {
    return new Promise((resolve, reject) => {
      const done = (error: Error | null, answers: unknown) => {
        if (error === null) resolve(answers as AckAnswer<EventArgs<EmitEvents, Name>>[]);
        else reject(Object.assign(error, { responses: answers }));
      };
      this.emit(event, ...([...args, done] as unknown as EventArgs<WithAnswers<EmitEvents>, Name>));
    });
  }

  /** The sockets, of all nodes. Rejects when another node does not answer in time. */
  async fetchSockets(): Promise<RemoteSocket<EmitEvents, SocketData>[]> {
    const described = await this.#broadcaster.describeSockets(this.#audience, this.#flags);
    return described.map((description) => {
      const audience = { rooms: new Set([description.id]), except: new Set<string>() };
      const operator = new BroadcastOperator<EmitEvents, SocketData>(this.#broadcaster, audience, {
        expectsOne: true,
      });
      return new RemoteSocket(description, operator);
    });
  }

  socketsJoin(room: string | readonly string[]): void {
    this.#broadcaster.join(this.#audience, listOf(room), this.#flags);
  }

  socketsLeave(room: string | readonly string[]): void {
    this.#broadcaster.leave(this.#audience, listOf(room), this.#flags);
  }

  /** @param close also what carries them, with their other namespaces. Default false */
  disconnectSockets(close = false): void {
    this.#broadcaster.disconnect(this.#audience, close, this.#flags);
  }

  #for(audience: Audience): BroadcastOperator<EmitEvents, SocketData> {
    return new BroadcastOperator(this.#broadcaster, audience, this.#flags);
  }

  #with(flags: BroadcastFlags): BroadcastOperator<EmitEvents, SocketData> {
    return new BroadcastOperator(this.#broadcaster, this.#audience, { ...this.#flags, ...flags });
  }
}

/** @throws UsageError `ERR_WS_INVALID_DATA` */
export function requireEventName(event: unknown): void {
  if (typeof event === 'string' && reservedEvents.has(event)) {
    throw new UsageError('ERR_WS_INVALID_DATA', `"${event}" is a reserved event name`);
  }
}

export function listOf(room: string | readonly string[]): readonly string[] {
  return typeof room === 'object' ? room : [room];
}

const defaultTimeoutMs = 10_000;
