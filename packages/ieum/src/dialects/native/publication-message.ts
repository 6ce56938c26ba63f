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
function publishedOf({
  topic,
  position,
  publisher,
  headers,
  publishedAt,
  format,
  payload,
}: Publication): Published {
  return {
    topic,
    ...(position === null ? {} : { offset: position.offset, epoch: position.epoch }),
    ...(publisher === null ? {} : { publisher }),
    ...(Object.keys(headers).length === 0 ? {} : { headers }),
    at: publishedAt,
    content: { format, payload },
  };
}
