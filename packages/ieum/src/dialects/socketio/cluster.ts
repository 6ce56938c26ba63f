import type { Clock } from '../../channel/clock.js';
import { HubError } from '../../hub/hub-error.js';
import { application } from '../../hub/identity.js';
import type { Position } from '../../hub/position.js';
import type { Publication } from '../../hub/publication.js';
import type { Subscriber, SubscriptionFace } from '../../hub/subscriber.js';

import {
  type ControlFrame,
  decodeFrame,
  encodeFrame,
  type Frame,
  type ReplyFrame,
  type SentFrame,
  type StreamFrame,
} from './frame.js';
import { NodeDirectory } from './node-directory.js';
import type { SocketIoHub } from './server-options.js';
import type { TopicNames } from './topics.js';

/** What a server does with what other nodes say. */
export interface ClusterOwner {
  handleStream(frame: StreamFrame, node: string, position: Position | null): void;
  handleControl(frame: ControlFrame, node: string): void;
  /** Something of the stream is missing here. */
  handleGap(): void;
  /** The hub is closed. */
  handleEnd(): void;
}

export interface ClusterParts {
  readonly hub: SocketIoHub;
  readonly names: TopicNames;
  readonly node: string;
  readonly owner: ClusterOwner;
  readonly clock: Pick<Clock, 'setTimer'>;
  readonly reportError: (error: unknown) => void;
}

/** Is told where a frame of this node stands; null when it could not be published. Called once. */
export type Settle = (position: Position | null) => void;

/** The nodes of one system: a stream that all follow in one order, and what they ask each other. */
export class Cluster {
  readonly #parts: ClusterParts;
  readonly #nodes: NodeDirectory;
  /** Null until the hub is open. */
  #session: ReturnType<SocketIoHub['openSession']> | null = null;
  /** Frames of this node that did not come back yet, by their number. */
  readonly #pending = new Map<number, Settle>();
  readonly #replies = new Map<string, (frame: ReplyFrame, node: string) => void>();
  /** What is to be done as soon as the stream is followed; null then. */
  #waiting: (() => void)[] | null = [];
  #number = 0;
  #last: Position | null = null;
  #isClosed = false;

  constructor(parts: ClusterParts) {
    this.#parts = parts;
    this.#nodes = new NodeDirectory(parts.clock, () => this.tell({ type: 'hello' }));
  }

  /** Where the stream stands here. */
  get last(): Position | null {
    return this.#last;
  }

  /** The other nodes. */
  get peers(): ReadonlySet<string> {
    return this.#nodes.names;
  }

  /** Follows the stream. Rejects when the hub has no such topics. */
  async open(): Promise<void> {
    const { names, node } = this.#parts;
    await this.#patiently(async () => {
      this.#session = this.#parts.hub.openSession(application, this.#subscriber);
    });
    await this.#subscribe(names.control);
    await this.#subscribe(names.replies(node));
    await this.#subscribe(names.stream, (position) => {
      this.#last = position;
    });
    if (this.#isClosed) return;
    this.#nodes.start();
    const waiting = this.#waiting ?? [];
    this.#waiting = null;
    for (const work of waiting) work();
  }

  /** Puts a frame into the stream, behind those before it. */
  publish(frame: StreamFrame, settle: Settle = ignore): void {
    const number = ++this.#number;
    const { names, node } = this.#parts;
    this.#pending.set(number, settle);
    const bytes = encodeFrame({ node, number, frame });
    this.#whenReady(() => {
      this.#send(names.stream, bytes).finally(() => this.#settle(number, null));
    });
  }

  /** Says something to all other nodes. */
  tell(frame: ControlFrame): void {
    this.#say(this.#parts.names.control, frame);
  }

  reply(node: string, frame: ReplyFrame): void {
    this.#say(this.#parts.names.replies(node), frame);
  }

  /** Hears the replies to a request, until the returned function is called. */
  hear(request: string, handler: (frame: ReplyFrame, node: string) => void): () => void {
    this.#replies.set(request, handler);
    return () => void this.#replies.delete(request);
  }

  close(): void {
    if (this.#isClosed) return;
    this.tell({ type: 'bye' });
    this.#isClosed = true;
    this.#nodes.stop();
    this.#session?.close();
    this.#settleAll();
  }

  get #subscriber(): Subscriber {
    return {
      handlePublication: (publication, subscription) => {
        this.#receive(publication, subscription);
        return 'written';
      },
      handleGap: ({ position }, { topic }) => {
        if (topic === this.#parts.names.stream) this.#handleGap(position);
      },
      handleClose: () => {
        this.#isClosed = true;
        this.#nodes.stop();
        this.#settleAll();
        this.#parts.owner.handleEnd();
      },
      handlePresence: ignore,
      handleEnd: ignore,
      handleExpiring: ignore,
      handleRequest: ignore,
      handleCancel: ignore,
    };
  }

  #subscribe(topic: string, opened: (position: Position | null) => void = ignore): Promise<void> {
    return this.#patiently(async () => {
      await this.#session?.subscribe(topic, {}, ({ position }) => opened(position));
    });
  }

  /** Tries again while the hub is not open, or its broker is away. */
  async #patiently(work: () => Promise<void>): Promise<void> {
    while (!this.#isClosed) {
      try {
        await work();
        return;
      } catch (error) {
        if (this.#isClosed) return;
        if (!(error instanceof HubError) || error.code !== 'ERR_HUB_UNAVAILABLE') throw error;
        await new Promise<void>((resolve) => {
          this.#parts.clock.setTimer(resolve, retryMs);
        });
      }
    }
  }

  #receive({ payload, position }: Publication, { topic }: SubscriptionFace): void {
    const isStream = topic === this.#parts.names.stream;
    if (isStream) this.#last = position;
    const sent = decodeFrame(payload);
    if (sent === null) return;
    if (sent.node === this.#parts.node) {
      if (isStream) this.#settle(sent.number, position);
    } else if (isStream) {
      this.#parts.owner.handleStream(sent.frame as StreamFrame, sent.node, position);
    } else if (topic === this.#parts.names.control) {
      this.#receiveControl(sent as SentFrame<ControlFrame>);
    } else {
      const frame = sent.frame as ReplyFrame;
      this.#replies.get(frame.request)?.(frame, sent.node);
    }
  }

  #receiveControl({ node, frame }: SentFrame<ControlFrame>): void {
    if (frame.type === 'bye') this.#nodes.remove(node);
    else if (frame.type === 'hello') this.#nodes.add(node);
    else this.#parts.owner.handleControl(frame, node);
  }

  #handleGap(position: Position | null): void {
    this.#last = position;
    this.#settleAll();
    this.#parts.owner.handleGap();
  }

  #settle(number: number, position: Position | null): void {
    const settle = this.#pending.get(number);
    this.#pending.delete(number);
    settle?.(position);
  }

  #settleAll(): void {
    for (const number of [...this.#pending.keys()]) this.#settle(number, null);
  }

  #say(topic: string, frame: Frame): void {
    if (this.#isClosed) return;
    const bytes = encodeFrame({ node: this.#parts.node, number: ++this.#number, frame });
    this.#whenReady(() => void this.#send(topic, bytes));
  }

  #whenReady(work: () => void): void {
    if (this.#waiting === null) work();
    else this.#waiting.push(work);
  }

  async #send(topic: string, bytes: Uint8Array): Promise<void> {
    try {
      await this.#parts.hub.publish(topic, bytes);
    } catch (error) {
      if (!this.#isClosed) this.#parts.reportError(error);
    }
  }
}

function ignore(): void {}

const retryMs = 100;
