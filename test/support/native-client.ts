import { Buffer } from 'node:buffer';
import { setTimeout as delay } from 'node:timers/promises';

import { type ConnectOptions, connect, type Message, type Peer } from 'ieum';

import {
  type ClientMessage,
  type Content,
  decodeServerMessage,
  encodeClientMessage,
  type ServerMessage,
  type WireHeaders,
  type WirePosition,
} from '../../packages/ieum/src/codecs/native/index.js';
import { Resumption } from './native-resumption.js';

export interface NativeClientOptions {
  /** Asked for before each connection. */
  readonly token?: string | (() => string);
  /** Connects again by itself after so long, or what the server says, and goes on where it was. Default: it does not. */
  readonly resumeAfterMs?: number;
  /** Whether `journal` keeps what comes. Default true; false for many clients with many messages. */
  readonly keepsJournal?: boolean;
  /** Is given all that comes, as it comes. */
  readonly heard?: (message: ServerMessage) => void;
  /** Answers the server's requests. Default: with an error. */
  readonly answer?: (method: string, data: unknown) => unknown;
  readonly connection?: Omit<ConnectOptions, 'subprotocols' | 'message' | 'closed'>;
}

export interface PublishRequest {
  readonly key?: string;
  readonly headers?: WireHeaders;
}

/** What an answer of the server's is to a question of a type. */
type AnswerTo<Type extends ServerMessage['type']> = Extract<ServerMessage, { readonly type: Type }>;
/** A message before it has an id. */
type Question = ClientMessage extends infer Each
  ? Each extends { readonly type: string }
    ? Omit<Each, 'id'>
    : never
  : never;

/** The server's error, or `CLOSED` when the connection broke before there was an answer. */
export class NativeClientError extends Error {
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

/** A client of `ieum.v1` that remembers where it is in each of its topics, and all that it heard. */
export class NativeClient {
  /** Everything that the server said on all connections, in order. */
  readonly journal: ServerMessage[] = [];
  /** Connections that were opened so far. */
  connections = 0;
  /** Where it connects next. */
  url: string;
  readonly #options: NativeClientOptions;
  readonly #resumption = new Resumption();
  readonly #questions = new Map<number, (answer: ServerMessage | NativeClientError) => void>();
  readonly #pages = new Map<number, ServerMessage[]>();
  readonly #awaited = new Set<() => void>();
  #peer: Peer<undefined> | null = null;
  #connected: AnswerTo<'connected'> | null = null;
  #lastId = 0;
  #retryAfterMs: number | null = null;
  #isClosed = false;
  #isResuming = false;

  constructor(url: string, options: NativeClientOptions = {}) {
    this.url = url;
    this.#options = options;
  }

  /** Connects, and resolves when the server has said that it is connected. */
  static async open(url: string, options: NativeClientOptions = {}): Promise<NativeClient> {
    const client = new NativeClient(url, options);
    await client.connect();
    return client;
  }

  get isConnected(): boolean {
    return this.#connected !== null;
  }

  get session(): string | undefined {
    return this.#connected?.session;
  }

  get name(): string | null | undefined {
    return this.#connected?.name;
  }

  /** Connects, subscribes again to all that it was subscribed to, and resolves when both are answered. */
  async connect(): Promise<void> {
    const peer: Peer<undefined> = await connect(this.url, {
      ...this.#options.connection,
      subprotocols: ['ieum.v1'],
      message: (_peer, message) => this.#receive(peer, message),
      closed: () => this.#handleClosed(peer),
    });
    this.#peer = peer;
    this.connections++;
    const { token } = this.#options;
    const said = typeof token === 'function' ? token() : token;
    this.#send({ type: 'connect', ...(said === undefined ? {} : { token: said }) });
    await this.until(() => this.#connected !== null || this.#peer !== peer);
    if (this.#peer !== peer) throw new NativeClientError('CLOSED', 'the connection broke');
    await Promise.all(
      this.#resumption
        .wanted()
        .map((wanted) => this.#ask<'subscribed'>({ type: 'subscribe', ...wanted }, wanted.topic)),
    );
  }

  /** Breaks the connection without a Close frame, connects again, and goes on where it was. */
  async reconnect(url: string = this.url): Promise<void> {
    this.url = url;
    const peer = this.#peer;
    this.drop();
    await peer?.closed;
    if (this.#options.resumeAfterMs === undefined) await this.connect();
    else await this.until(() => this.#peer !== null && this.#peer !== peer && this.isConnected);
  }

  /** Breaks the connection without a Close frame. */
  drop(): void {
    this.#peer?.terminate();
  }

  /** Closes in good order, for good. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#peer?.close();
  }

  /** Subscribes, from now on also whenever it connects again. */
  async subscribe(
    topic: string,
    options: { readonly since?: WirePosition; readonly presence?: boolean } = {},
  ): Promise<AnswerTo<'subscribed'>> {
    this.#resumption.want({ topic, ...options });
    try {
      return await this.#ask<'subscribed'>({ type: 'subscribe', topic, ...options }, topic);
    } catch (error) {
      if ((error as NativeClientError).code !== 'CLOSED') this.#resumption.forget(topic);
      throw error;
    }
  }

  async unsubscribe(topic: string): Promise<void> {
    this.#resumption.forget(topic);
    await this.#ask<'unsubscribed'>({ type: 'unsubscribe', topic });
  }

  /** Publishes: bytes as they are, anything else as JSON. */
  publish(topic: string, data: unknown, request: PublishRequest = {}): Promise<AnswerTo<'published'>> {
    return this.#ask<'published'>({ type: 'publish', topic, ...request, content: contentOf(data) });
  }

  /** Publishes and does not wait for what becomes of it. */
  post(topic: string, data: unknown, request: PublishRequest = {}): void {
    this.#send({ type: 'publish', topic, ...request, content: contentOf(data) });
  }

  /** A page of history: its publications' data, and how it ends. */
  async history(
    topic: string,
    request: { readonly since?: WirePosition; readonly limit: number },
  ): Promise<AnswerTo<'history'> & { readonly data: readonly unknown[] }> {
    const answer = await this.#ask<'history'>({ type: 'history', topic, ...request });
    const page = this.#pages.get(answer.id) ?? [];
    this.#pages.delete(answer.id);
    return { ...answer, data: page.map(dataOf) };
  }

  async members(topic: string): Promise<AnswerTo<'presence'>['members']> {
    return (await this.#ask<'presence'>({ type: 'presence', topic })).members;
  }

  /** Asks the application. */
  async request(method: string, data?: unknown): Promise<unknown> {
    return (await this.#ask<'response'>({ type: 'request', method, data })).data;
  }

  authenticate(token: string): Promise<AnswerTo<'authenticated'>> {
    return this.#ask<'authenticated'>({ type: 'authenticate', token });
  }

  async ping(): Promise<void> {
    await this.#ask<'pong'>({ type: 'ping' });
  }

  /** Where it is in the history of a topic that it is subscribed to; null when there is none, or none is known. */
  positionOf(topic: string): WirePosition | null {
    return this.#resumption.positionOf(topic);
  }

  /** The data of all messages of a topic so far. */
  dataOf(topic: string): unknown[] {
    return this.journal.flatMap((message) =>
      message.type === 'message' && message.topic === topic ? [dataOf(message)] : [],
    );
  }

  gapsOf(topic: string): AnswerTo<'gap'>[] {
    return this.journal.filter(
      (message) => message.type === 'gap' && message.topic === topic,
    ) as AnswerTo<'gap'>[];
  }

  /** Resolves when `isTrue` says so; asked whenever something comes, or a connection ends. */
  async until(isTrue: (client: this) => boolean): Promise<void> {
    if (isTrue(this)) return;
    await new Promise<void>((resolve) => {
      const look = () => {
        if (!isTrue(this)) return;
        this.#awaited.delete(look);
        resolve();
      };
      this.#awaited.add(look);
    });
  }

  /** Says whatever a test wants it to. */
  say(data: string | Uint8Array): void {
    void this.#peer?.send(data);
  }

  #send(message: ClientMessage): void {
    this.say(encodeClientMessage(message));
  }

  #ask<Type extends ServerMessage['type']>(question: Question, topic?: string): Promise<AnswerTo<Type>> {
    const id = ++this.#lastId;
    return new Promise((resolve, reject) => {
      if (this.#peer === null) {
        reject(new NativeClientError('CLOSED', 'there is no connection'));
        return;
      }
      this.#questions.set(id, (answer) => {
        this.#questions.delete(id);
        if (answer instanceof NativeClientError) reject(answer);
        else if (answer.type === 'error') reject(new NativeClientError(answer.code, answer.message));
        else {
          // What comes next may be a message of the topic: the position must be known by then.
          if (topic !== undefined && answer.type === 'subscribed')
            this.#resumption.receive(topic, answer.position);
          resolve(answer as AnswerTo<Type>);
        }
      });
      this.#send({ ...question, id } as ClientMessage);
    });
  }

  #receive(peer: Peer<undefined>, { data }: Message): void {
    const message = decodeServerMessage(data);
    if (message.type === 'violation') throw new Error(`the server broke the protocol: ${message.message}`);
    if (peer !== this.#peer) return;
    this.#note(message);
    this.#options.heard?.(message);
    if (this.#options.keepsJournal !== false) this.journal.push(message);
    this.#look();
  }

  #note(message: ServerMessage): void {
    switch (message.type) {
      case 'connected':
        this.#connected = message;
        return;
      case 'closing':
        this.#retryAfterMs = message.retryAfterMs ?? null;
        return;
      case 'message':
      case 'gap':
        this.#resumption.receiveMessage(message);
        return;
      case 'ended':
        this.#resumption.forget(message.topic);
        return;
      case 'publication':
        this.#pages.set(message.id, [...(this.#pages.get(message.id) ?? []), message]);
        return;
      case 'request':
        void this.#answer(message);
        return;
      case 'cancel':
        return;
      default:
        if ('id' in message && message.id != null) this.#questions.get(message.id)?.(message);
    }
  }

  async #answer({ id, method, data }: AnswerTo<'request'>): Promise<void> {
    try {
      if (this.#options.answer === undefined) throw new Error('nobody answers here');
      this.#send({ type: 'response', id, data: await this.#options.answer(method, data) });
    } catch (error) {
      this.#send({ type: 'error', id, code: 'failed', message: (error as Error).message });
    }
  }

  #handleClosed(peer: Peer<undefined>): void {
    if (peer !== this.#peer) return;
    this.#peer = null;
    this.#connected = null;
    this.#pages.clear();
    for (const settle of [...this.#questions.values()]) {
      settle(new NativeClientError('CLOSED', 'the connection broke'));
    }
    this.#look();
    if (!this.#isClosed && this.#options.resumeAfterMs !== undefined)
      void this.#resume(this.#options.resumeAfterMs);
  }

  async #resume(afterMs: number): Promise<void> {
    if (this.#isResuming) return;
    this.#isResuming = true;
    while (!this.#isClosed && !this.isConnected) {
      await delay(this.#retryAfterMs ?? afterMs);
      this.#retryAfterMs = null;
      if (this.#isClosed) break;
      // Whether it worked shows in whether it is connected; what the server refused is in the journal.
      await this.connect().catch(() => undefined);
    }
    this.#isResuming = false;
  }

  #look(): void {
    for (const look of [...this.#awaited]) look();
  }
}

/** The value that a message or publication carries. */
export function dataOf(message: ServerMessage): unknown {
  if (message.type !== 'message' && message.type !== 'publication') return undefined;
  const { format, payload } = message.content;
  const bytes = Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength);
  if (format === 'binary') return bytes;
  return format === 'text' ? bytes.toString() : JSON.parse(bytes.toString());
}

function contentOf(data: unknown): Content {
  if (data instanceof Uint8Array) return { format: 'binary', payload: data };
  return { format: 'json', payload: Buffer.from(JSON.stringify(data)) };
}
