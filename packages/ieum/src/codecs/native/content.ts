/** What a publication's payload is: JSON and text are UTF-8, anything else is binary. */
export type ContentFormat = 'json' | 'text' | 'binary';

/** What is published. JSON is kept as the text that its sender wrote, so that no number changes on the way. */
export interface Content {
  readonly format: ContentFormat;
  readonly payload: Uint8Array;
}

/** Where somebody stands in a topic's history. */
export interface WirePosition {
  readonly offset: number;
  readonly epoch: string;
}

/** Somebody who is there. */
export interface WireMember {
  readonly user: string;
  /** Anything that JSON can hold. */
  readonly info: unknown;
}

/** Names and values beside a payload. */
export type WireHeaders = Readonly<Record<string, string>>;
