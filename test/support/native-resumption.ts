import type { ServerMessage, WirePosition } from '../../packages/ieum/src/codecs/native/index.js';

/** A subscription to make again. */
export interface Wanted {
  readonly topic: string;
  readonly presence?: boolean;
  readonly since?: WirePosition;
}

/** What a client is subscribed to, and where it is in each: as the protocol has clients do it. */
export class Resumption {
  readonly #topics = new Map<string, { presence: boolean; position: WirePosition | null }>();

  want({ topic, presence = false, since }: Wanted): void {
    this.#topics.set(topic, { presence, position: since ?? null });
  }

  forget(topic: string): void {
    this.#topics.delete(topic);
  }

  /** All that it wants, from where it is. */
  wanted(): Wanted[] {
    return [...this.#topics].map(([topic, { presence, position }]) => ({
      topic,
      ...(presence ? { presence } : {}),
      ...(position === null ? {} : { since: position }),
    }));
  }

  positionOf(topic: string): WirePosition | null {
    return this.#topics.get(topic)?.position ?? null;
  }

  /** The server says where the subscription is. */
  receive(topic: string, position: WirePosition | null): void {
    const known = this.#topics.get(topic);
    if (known !== undefined && position !== null) known.position = position;
  }

  /** A message moves on in the history that it is of; only a gap leads to another one. */
  receiveMessage(message: ServerMessage): void {
    if (message.type === 'gap') this.receive(message.topic, message.position);
    if (message.type !== 'message') return;
    const { topic, offset, epoch } = message;
    const known = this.#topics.get(topic)?.position;
    if (known == null || offset === undefined || epoch !== known.epoch || offset <= known.offset) return;
    this.receive(topic, { offset, epoch });
  }
}
