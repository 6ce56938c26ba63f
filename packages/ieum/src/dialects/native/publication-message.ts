import { encodeServerMessage, type Published, type ServerMessage } from '../../codecs/native/index.js';
import { type PreparedMessage, prepareMessage } from '../../core/outgoing.js';
import type { Encoding, Publication } from '../../hub/publication.js';

/** What subscribers get of a publication: encoded once, whoever they are. */
export const encodeDelivery: Encoding<PreparedMessage> = (publication) =>
  prepareMessage(encodeServerMessage({ type: 'message', ...publishedOf(publication) }));

/** One publication of the page of history that the client asked for with `id`. */
export function historyEntry(id: number, publication: Publication): ServerMessage {
  return { type: 'publication', id, ...publishedOf(publication) };
}

/** The key stays behind: in the hub it says whose it is, which is nobody else's business. */
function publishedOf(publication: Publication): Published {
  const { topic, position, publisher, headers, publishedAt, format, payload } = publication;
  const published: Fields = { topic, at: publishedAt, content: { format, payload } };
  if (position !== null) {
    published.offset = position.offset;
    published.epoch = position.epoch;
  }
  if (publisher !== null) published.publisher = publisher;
  if (Object.keys(headers).length > 0) published.headers = headers;
  return published;
}

type Fields = { -readonly [Name in keyof Published]: Published[Name] };
