import type { SendResult } from '../../channel/send-queue.js';
import { encodeHeaders, type Selector, type StompVersion } from '../../codecs/stomp/index.js';
import type { Publication } from '../../hub/publication.js';
import type { Gap, SubscriptionFace } from '../../hub/subscriber.js';

import { destinationOf } from './destination.js';
import { formatPosition, selectableHeaders } from './message-headers.js';
import { tailEncodings, textTailEncodings } from './message-tail.js';
import type { Outbox } from './outbox.js';
import type { QueueConsumer, Queued } from './queue.js';
import { Unacked } from './unacked.js';

export type AckMode = 'auto' | 'client' | 'client-individual';

export interface SubscriptionParts {
  /** As the client calls it; null in STOMP 1.0 for one that is known by its destination. */
  readonly id: string | null;
  /** As this session calls it, in the ids of its messages. */
  readonly serial: number;
  readonly destination: string;
  readonly ack: AckMode;
  readonly selector: Selector | null;
  readonly version: StompVersion;
  /** Whether bytes that are no text go as base64. */
  readonly isTextOnly: boolean;
  readonly maxUnacked: number;
  readonly maxDeliveries: number;
  readonly outbox: Outbox;
  /** Is told of a message that was not acknowledged too often, and is not delivered again. */
  handleDead(publication: Publication): void;
}

/** A subscription as its client knows it: what is delivered, and what of that is not acknowledged. */
export class StompSubscription implements QueueConsumer {
  readonly #parts: SubscriptionParts;
  /** The header that says whose a message is, encoded. */
  readonly #lines: string;
  readonly #unacked = new Unacked<Queued | null>();
  /** Sends that wait for the client to read. */
  #congestions = 0;
  /** Let whoever waits go on when there is room for more that is not acknowledged. */
  #waiting: (() => void)[] = [];
  /** Has its queue look again. */
  #handleRoom: () => void = ignore;
  /** Where what is not acknowledged goes when it is not this one's any more. Null for a topic: nowhere. */
  #giveBack: ((items: readonly Queued[]) => void) | null = null;
  #end: () => void = ignore;
  #isClosed = false;

  constructor(parts: SubscriptionParts) {
    this.#parts = parts;
    const { id, version } = parts;
    this.#lines = id === null ? '' : encodeHeaders('MESSAGE', [['subscription', id]], version);
  }

  get destination(): string {
    return this.#parts.destination;
  }

  get id(): string | null {
    return this.#parts.id;
  }

  get serial(): number {
    return this.#parts.serial;
  }

  /** Whether there is room for another delivery. */
  get hasRoom(): boolean {
    return !this.#isClosed && this.#congestions === 0 && this.#unacked.size < this.#parts.maxUnacked;
  }

  /** @param end what ends it in the hub */
  openTopic(end: () => void): void {
    this.#end = end;
  }

  openQueue(queue: { handleRoom(): void; giveBack(items: readonly Queued[]): void; end(): void }): void {
    this.#handleRoom = () => queue.handleRoom();
    this.#giveBack = (items) => queue.giveBack(items);
    this.#end = () => queue.end();
  }

  accepts(publication: Publication): boolean {
    const { selector } = this.#parts;
    return selector === null || selector.matches(publication.encodedBy(selectableHeaders));
  }

  /** Delivers from a topic: a promise, when nothing more is to be delivered before it settles. */
  deliver(publication: Publication): SendResult | Promise<SendResult> {
    const sent = this.#send({ publication, deliveries: 1 });
    if (this.#unacked.size < this.#parts.maxUnacked || this.#isClosed) return sent;
    const room = new Promise<void>((resolve) => this.#waiting.push(resolve));
    return Promise.all([sent, room]).then(([result]) => result);
  }

  /** Delivers from a queue. */
  deliverQueued(queued: Queued): void {
    const sent = this.#send(queued);
    if (sent === 'closed') this.#handleUnsent(queued);
    if (typeof sent !== 'object') return;
    this.#congestions++;
    void sent.then((result) => {
      if (result === 'closed') this.#handleUnsent(queued);
      this.#congestions--;
      this.#handleRoom();
    });
  }

  /** The connection is gone. What is to be acknowledged is given back when this is closed. */
  #handleUnsent(queued: Queued): void {
    this.#congestions++;
    if (this.#parts.ack === 'auto') this.#giveBack?.([queued]);
  }

  /** Publications are missing: a MESSAGE without a publication says so. */
  deliverGap({ reason, position, missed, snapshot }: Gap, { topic }: SubscriptionFace): void {
    const headers: [string, string][] = [
      ['destination', destinationOf(topic)],
      ['ieum-gap', reason],
    ];
    if (position !== null) headers.push(['ieum-position', formatPosition(position)]);
    if (missed !== null) headers.push(['ieum-missed', String(missed)]);
    const { outbox, version, ack } = this.#parts;
    const id = `${this.serial}-${this.#unacked.add(null)}`;
    const own: [string, string][] = [...this.#ownHeader, ['message-id', id]];
    if (ack === 'auto') this.#unacked.takeAll();
    else if (version === '1.2') own.push(['ack', id]);
    const body = snapshot === undefined ? null : encodeSnapshot(snapshot);
    if (body !== null) headers.push(['content-type', 'application/json']);
    outbox.send({ command: 'MESSAGE', headers: [...own, ...headers], ...(body === null ? {} : { body }) });
  }

  /** The client acknowledges, or with `isWanted` false refuses, a delivery. False when there was never such a one. */
  settle(number: number, isWanted: boolean): boolean {
    const { ack } = this.#parts;
    const items = ack === 'auto' ? null : this.#unacked.take(number, ack === 'client');
    if (items === null) return false;
    if (!isWanted) this.#deliverAgain(items);
    this.#tellOfRoom();
    return true;
  }

  /** Ends it, and gives what is not acknowledged to others. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#deliverAgain(this.#unacked.takeAll());
    this.#end();
    this.#tellOfRoom();
  }

  /** From a queue to whoever takes it next; from a topic to this subscription while it lasts. */
  #deliverAgain(refused: readonly (Queued | null)[]): void {
    const { maxDeliveries, handleDead } = this.#parts;
    const items = refused.filter((item) => item !== null);
    const alive = items.filter(({ deliveries }) => deliveries < maxDeliveries);
    if (this.#giveBack !== null) this.#giveBack(alive);
    else if (!this.#isClosed)
      for (const item of alive) this.#send({ ...item, deliveries: item.deliveries + 1 });
    if (this.#isClosed && this.#giveBack === null) return;
    for (const { deliveries, publication } of items) if (deliveries >= maxDeliveries) handleDead(publication);
  }

  get #ownHeader(): [string, string][] {
    const { id } = this.#parts;
    return id === null ? [] : [['subscription', id]];
  }

  #send(item: Queued): SendResult | Promise<SendResult> {
    const { outbox, version, ack, isTextOnly } = this.#parts;
    const tail = item.publication.encodedBy((isTextOnly ? textTailEncodings : tailEncodings)[version]);
    if (ack === 'auto') return outbox.sendPrepared(tail.for(this.#lines));
    const id = `${this.serial}-${this.#unacked.add(item)}`;
    const ackLine = version === '1.2' ? `ack:${id}\n` : '';
    const again = item.deliveries > 1 ? 'redelivered:true\n' : '';
    return outbox.sendPrepared(tail.withLines(`${this.#lines}message-id:${id}\n${ackLine}${again}`));
  }

  #tellOfRoom(): void {
    if (this.#unacked.size < this.#parts.maxUnacked || this.#isClosed) {
      for (const resolve of this.#waiting.splice(0)) resolve();
    }
    this.#handleRoom();
  }
}

function encodeSnapshot(snapshot: unknown): Uint8Array | null {
  try {
    const text: string | undefined = JSON.stringify(snapshot);
    return text === undefined ? null : new TextEncoder().encode(text);
  } catch {
    return null;
  }
}

function ignore(): void {}
