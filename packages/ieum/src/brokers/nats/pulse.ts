import type { Subscription } from '@nats-io/transport-node';

import type { NatsLink } from './link.js';
import { readPulse, type WirePulse } from './member-wire.js';

/** What is told of other nodes. */
export interface PulseHandlers {
  /** A node came, or came back from where it could not be heard. */
  handleNode(node: string): void;
  handleNodeGone(node: string): void;
}

/** Tells other nodes that this one lives, and knows which of them do: itself among them. */
export class Pulse {
  readonly #node: string;
  readonly #subject: string;
  readonly #leaseMs: number;
  readonly #link: NatsLink;
  readonly #handlers: PulseHandlers;
  readonly #nodes = new Map<string, { incarnation: number; heardAt: number }>();
  #incarnation = 0;
  #subscription: Subscription | null = null;
  #beat: NodeJS.Timeout | null = null;

  constructor(
    node: string,
    options: { readonly subject: string; readonly leaseMs: number },
    link: NatsLink,
    handlers: PulseHandlers,
  ) {
    this.#node = node;
    this.#subject = options.subject;
    this.#leaseMs = options.leaseMs;
    this.#link = link;
    this.#handlers = handlers;
  }

  get nodes(): Iterable<string> {
    return this.#nodes.keys();
  }

  /** Says hello, which others answer. */
  async open(): Promise<void> {
    await this.#link.run(async ({ connection }) => {
      this.#subscription = connection.subscribe(this.#subject, {
        callback: (error, message) => {
          const pulse = error === null ? readPulse(message.string()) : null;
          if (pulse !== null) this.#receive(pulse, message.reply);
        },
      });
    });
    this.#beat = setInterval(() => this.#handleBeat(), this.#leaseMs / 3);
    this.#beat.unref();
    this.restore();
  }

  /** After the connection was away: others learn that this node may have changed, and have a whole lease to be heard. */
  restore(): void {
    this.#incarnation++;
    const now = performance.now();
    for (const known of this.#nodes.values()) known.heardAt = now;
    this.#nodes.set(this.#node, { incarnation: this.#incarnation, heardAt: now });
    this.#link.send(this.#subject, this.#text(), this.#subject);
  }

  close(): void {
    if (this.#beat !== null) clearInterval(this.#beat);
    this.#subscription?.unsubscribe();
    if (this.#subscription !== null) {
      const bye: WirePulse = { n: this.#node, i: this.#incarnation, bye: true };
      this.#link.send(this.#subject, JSON.stringify(bye));
    }
  }

  #text(): string {
    const pulse: WirePulse = { n: this.#node, i: this.#incarnation };
    return JSON.stringify(pulse);
  }

  #receive(pulse: WirePulse, reply: string | undefined): void {
    if (pulse.n === this.#node) return;
    if (pulse.bye) {
      this.#remove(pulse.n);
      return;
    }
    const known = this.#nodes.get(pulse.n);
    this.#nodes.set(pulse.n, { incarnation: pulse.i, heardAt: performance.now() });
    if (reply === this.#subject) this.#link.send(this.#subject, this.#text());
    if (known?.incarnation !== pulse.i) this.#handlers.handleNode(pulse.n);
  }

  #handleBeat(): void {
    if (!this.#link.isConnected) return;
    this.#link.send(this.#subject, this.#text());
    const now = performance.now();
    const self = this.#nodes.get(this.#node);
    // Whoever stood still for a while has not heard others, and what they said is still to be read.
    const stoodStillMs = self === undefined ? 0 : now - self.heardAt - this.#leaseMs / 3;
    if (self !== undefined) self.heardAt = now;
    for (const [node, known] of [...this.#nodes]) {
      if (stoodStillMs > this.#leaseMs / 6) known.heardAt += stoodStillMs;
      if (node !== this.#node && now - known.heardAt > this.#leaseMs) this.#remove(node);
    }
  }

  #remove(node: string): void {
    if (this.#nodes.delete(node)) this.#handlers.handleNodeGone(node);
  }
}
