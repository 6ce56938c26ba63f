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

  constructor(publication: Publication, version: StompVersion) {
    this.#publication = publication;
    this.#version = version;
    const lines = encodeHeaders('MESSAGE', publication.encodedBy(messageHeaders), version);
    this.#bytes = Buffer.concat([Buffer.from(lines, 'utf8'), encodeRest(publication.payload)]);
    this.#type = isUtf8(publication.payload) ? 'text' : 'binary';
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
export const tailEncodings: Readonly<Record<StompVersion, Encoding<MessageTail>>> = {
  '1.0': (publication) => new MessageTail(publication, '1.0'),
  '1.1': (publication) => new MessageTail(publication, '1.1'),
  '1.2': (publication) => new MessageTail(publication, '1.2'),
};

const maxShared = 8;
