import { EchoConnection, type EchoShared } from './echo-connection.js';
import { type Load, type LoadContext, openAll } from './load.js';
import { Reel } from './reel.js';
import { closeAll } from './reply-connection.js';
import { Schedule } from './schedule.js';

/**
 * Keeps messages on their way on every connection: as many as may be (closed loop), or those that a schedule has, one
 * connection after the other (open loop).
 */
export class EchoLoad implements Load {
  opened = 0;
  readonly outstandingNoun = 'messages';
  readonly intervalUs = null;
  readonly #context: LoadContext;
  readonly #connections: EchoConnection[] = [];
  readonly #shared: EchoShared;
  /** How many messages of the schedule were given to connections. */
  #assigned = 0;

  constructor(context: LoadContext) {
    const { plan, connections } = context.job;
    this.#context = context;
    this.#shared = {
      context,
      sent: Reel.toSend(plan, plan.inFlight),
      expected: Reel.toReceive(plan),
      connectionCount: connections,
      ready: [],
      schedule: null,
    };
  }

  open(): Promise<void> {
    return openAll(this.#context, (index, handleOpened) => {
      const handleCounted = (): void => {
        this.opened++;
        handleOpened();
      };
      this.#connections.push(new EchoConnection(this.#shared, index, handleCounted));
    });
  }

  begin(atMs: number): void {
    const { plan, process } = this.#context.job;
    const { rate, processes } = plan;
    if (rate !== null) this.#shared.schedule = new Schedule(atMs, { rate, processes, process });
    else for (const connection of this.#connections) connection.owe(Number.POSITIVE_INFINITY);
  }

  turn(nowMs: number): void {
    this.#assignDue(nowMs);
    const { ready } = this.#shared;
    for (const connection of ready) connection.sendDue(nowMs);
    ready.length = 0;
  }

  stop(nowMs: number): number {
    this.#assignDue(nowMs);
    const unsent = this.#connections.reduce((sum, connection) => sum + connection.stop(nowMs), 0);
    this.#shared.ready.length = 0;
    this.#shared.schedule = null;
    return unsent;
  }

  get outstanding(): number {
    return this.#connections.reduce((sum, { inFlight }) => sum + inFlight, 0);
  }

  hear(): void {}

  close(): Promise<void> {
    return closeAll(this.#connections.map(({ connection }) => connection));
  }

  #assignDue(nowMs: number): void {
    const due = this.#shared.schedule?.dueCount(nowMs) ?? 0;
    const count = this.#connections.length;
    for (; this.#assigned < due; this.#assigned++) this.#connections[this.#assigned % count]?.owe(1);
  }
}
