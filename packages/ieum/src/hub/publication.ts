import type { Position } from './position.js';

/** What a payload is: JSON and text are UTF-8, anything else is binary. */
export type PayloadFormat = 'json' | 'text' | 'binary';

/** What somebody wants published. */
export interface PublicationDraft {
  readonly topic: string;
  readonly format: PayloadFormat;
  readonly payload: Uint8Array;
  /** Small names and values beside the payload, for dialects and applications. */
  readonly headers: Readonly<Record<string, string>>;
  /** Who published it, as the hub knows them; null for the application itself and for somebody without a name. */
  readonly publisher: string | null;
  /** No two publications have the same one. A draft that is published again, because an answer was lost, keeps it. */
  readonly id: string;
  /** What the publisher said makes it one with others of the topic; null when they said nothing. */
  readonly key: string | null;
}

/** Something that was published on a topic. */
export class Publication<Data = unknown> implements PublicationDraft {
  readonly topic: string;
  readonly format: PayloadFormat;
  readonly payload: Uint8Array;
  readonly headers: Readonly<Record<string, string>>;
  readonly publisher: string | null;
  readonly id: string;
  readonly key: string | null;
  /** Where it stands in the topic's history; null on a topic that keeps none. */
  readonly position: Position | null;
  /** When the broker took it, in milliseconds since 1970. */
  readonly publishedAt: number;
  /** What `data` gave; undefined before it was asked for. */
  #data: Data | undefined;
  /** Most publications are sent in one encoding: the first one asked for, and what it made. */
  #encoding: Encoding<unknown> | null = null;
  #encoded: unknown = null;
  /** By the encoding that made them: those of others. */
  #encodedByOthers: Map<Encoding<unknown>, unknown> | null = null;

  constructor(draft: PublicationDraft, position: Position | null, publishedAt: number) {
    this.topic = draft.topic;
    this.format = draft.format;
    this.payload = draft.payload;
    this.headers = draft.headers;
    this.publisher = draft.publisher;
    this.id = draft.id;
    this.key = draft.key;
    this.position = position;
    this.publishedAt = publishedAt;
  }

  /** The publication in an encoding: computed for the first one who asks, kept for all others of a fan-out. */
  encodedBy<Encoded>(encoding: Encoding<Encoded>): Encoded {
    if (this.#encoding === encoding) return this.#encoded as Encoded;
    const known = this.#encodedByOthers?.get(encoding);
    if (known !== undefined) return known as Encoded;
    const encoded = encoding(this);
    if (this.#encoding === null) {
      this.#encoding = encoding;
      this.#encoded = encoded;
    } else {
      this.#encodedByOthers ??= new Map();
      this.#encodedByOthers.set(encoding, encoded);
    }
    return encoded;
  }

  /**
   * What was published: the value of a payload in JSON, text as a string, bytes as they are. Parsed once, for all who ask.
   * Throws the platform's `SyntaxError` when it is said to be JSON and is none.
   */
  get data(): Data {
    if (this.#data === undefined) this.#data = this.#read() as Data;
    return this.#data;
  }

  /** A JSON or text payload as a string. */
  get text(): string {
    return decoder.decode(this.payload);
  }

  /** The payload of a publication in JSON, parsed. Throws the platform's `SyntaxError` when it is none. */
  json(): unknown {
    return JSON.parse(this.text);
  }

  #read(): unknown {
    if (this.format === 'binary') return this.payload;
    return this.format === 'text' ? this.text : this.json();
  }
}

/** Turns a publication into what a dialect sends. One function for each form, made once: it is the key of a cache. */
export type Encoding<Encoded> = (publication: Publication) => Encoded;

const decoder = new TextDecoder();
