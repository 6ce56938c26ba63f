import { Buffer, isUtf8 } from 'node:buffer';

import { encodeHeaders, encodeRest, type StompVersion } from '../../codecs/stomp/index.js';
import { PreparedMessage } from '../../core/outgoing.js';
import type { Encoding, Publication } from '../../hub/publication.js';

import { messageHeaders } from './message-headers.js';

/** A MESSAGE but for the headers that say whose it is: made once for all subscribers of a version. */
export class MessageTail {
  readonly #publication: Publication;
  readonly #bytes: Buffer;
  readonly #type: 'text' | 'binary';
  readonly #version: StompVersion;
  /** By the lines in front: subscribers of many connections call their subscription the same. */
  #shared: Map<string, PreparedMessage> | null = null;

  /** @param isTextOnly whether a payload that is no text goes as base64 in text */
  constructor(publication: Publication, version: StompVersion, isTextOnly: boolean) {
    this.#publication = publication;
    this.#version = version;
    const { payload } = publication;
    const isText = isUtf8(payload);
    const isBase64 = isTextOnly && !isText;
    const own = isBase64 ? [['content-transfer-encoding', 'base64'] as const] : [];
    const headers = [...own, ...publication.encodedBy(messageHeaders)];
    const lines = encodeHeaders('MESSAGE', headers, version);
    const body = isBase64 ? Buffer.from(base64Of(payload), 'latin1') : payload;
    this.#bytes = Buffer.concat([Buffer.from(lines, 'utf8'), encodeRest(body)]);
    this.#type = isText || isBase64 ? 'text' : 'binary';
  }

  /** The message for a subscription that acknowledges nothing. @param lines its own header, encoded */
  for(lines: string): PreparedMessage {
    const known = this.#shared?.get(lines);
    if (known !== undefined) return known;
    const id = encodeHeaders('MESSAGE', [['message-id', this.#publication.id]], this.#version);
    const message = this.withLines(`${lines}${id}`);
    this.#shared ??= new Map();
    if (this.#shared.size < maxShared) this.#shared.set(lines, message);
    return message;
  }

  /** The message with headers of one delivery in front. */
  withLines(lines: string): PreparedMessage {
    return new PreparedMessage(
      this.#type,
      Buffer.concat([Buffer.from(`MESSAGE\n${lines}`, 'utf8'), this.#bytes]),
    );
  }
}

/** One encoding for each version: the key of what is kept beside a publication. */
export const tailEncodings: TailEncodings = createEncodings(false);
/** The same, for channels that carry text alone. */
export const textTailEncodings: TailEncodings = createEncodings(true);

type TailEncodings = Readonly<Record<StompVersion, Encoding<MessageTail>>>;

function createEncodings(isTextOnly: boolean): TailEncodings {
  return {
    '1.0': (publication) => new MessageTail(publication, '1.0', isTextOnly),
    '1.1': (publication) => new MessageTail(publication, '1.1', isTextOnly),
    '1.2': (publication) => new MessageTail(publication, '1.2', isTextOnly),
  };
}

function base64Of({ buffer, byteOffset, byteLength }: Uint8Array): string {
  return Buffer.from(buffer, byteOffset, byteLength).toString('base64');
}

const maxShared = 8;
