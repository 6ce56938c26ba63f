import type { Case } from '../case.js';
import type { Wire } from '../wire/wire.js';

import { DeflateCodec, rsv1 } from './deflate-codec.js';
import { agreedTerms, answerFor, type DeflateWish, offerFor } from './deflate-terms.js';

/** A case that begins when permessage-deflate is in force; it is `info` when the peer does not want it. */
export interface DeflateRow {
  readonly id: string;
  readonly title: string;
  readonly clause?: string;
  readonly sends?: string;
  readonly expects?: string;
  readonly wish?: DeflateWish;
  readonly timeoutMs?: number;
  readonly run: (wire: Wire, codec: DeflateCodec) => Promise<void> | void;
}

/** @param prefix the first parts of the id, the group first */
export function deflateCases(prefix: string, rows: readonly DeflateRow[]): Case[] {
  return rows.map((row) => {
    const { wish = {} } = row;
    return {
      id: `${prefix}/${row.id}`,
      title: row.title,
      clause: row.clause ?? 'RFC 7692 §7.2',
      group: prefix.split('/')[0] as string,
      judges: 'both',
      sends: row.sends ?? row.title,
      expects: row.expects ?? 'the same back',
      ...(row.timeoutMs === undefined ? {} : { timeoutMs: row.timeoutMs }),
      opening: { headers: { 'Sec-WebSocket-Extensions': offerFor(wish) } },
      answer: (request) => answerFor(request, wish),
      run: async (wire) => {
        const codec = new DeflateCodec(agreedTerms(wire, wish));
        wire.extension = { rsv: rsv1, decode: (payload) => codec.decode(payload) };
        await row.run(wire, codec);
      },
    };
  });
}
