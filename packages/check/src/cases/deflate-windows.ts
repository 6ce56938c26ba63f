import { Buffer } from 'node:buffer';

import type { Case } from '../case.js';

import { type DeflateRow, deflateCases } from './deflate-case.js';
import { noiseOf, textOf } from './deflate-payloads.js';
import type { DeflateWish } from './deflate-terms.js';

const modes: readonly { readonly id: string; readonly title: string; readonly wish: DeflateWish }[] = [
  { id: 'both', title: 'context takeover both ways', wish: {} },
  { id: 'tester-only', title: 'context takeover of the tester only', wish: { peerTakeover: false } },
  { id: 'peer-only', title: 'context takeover of the peer only', wish: { testerTakeover: false } },
  { id: 'none', title: 'no context takeover', wish: { testerTakeover: false, peerTakeover: false } },
];

const takeoverRows: readonly DeflateRow[] = modes.flatMap(({ id, title, wish }) => [
  {
    id: `${id}-same`,
    title: `the same message 20 times, ${title}`,
    clause: 'RFC 7692 §7.1.1',
    wish,
    run: async (wire, codec) => {
      for (let round = 0; round < 20; round++) await codec.expectEcho(wire, 'text', textOf(700));
      await wire.expectCloseHandshake();
    },
  } satisfies DeflateRow,
  {
    id: `${id}-different`,
    title: `messages of many sizes, ${title}`,
    clause: 'RFC 7692 §7.1.1',
    wish,
    run: async (wire, codec) => {
      for (const bytes of [0, 10, 2_000, 1, 40_000, 0, 300, 70_000, 5]) {
        await codec.expectEcho(wire, 'text', textOf(bytes));
        await codec.expectEcho(wire, 'binary', noiseOf(bytes % 5_000));
      }
      await wire.expectCloseHandshake();
    },
  } satisfies DeflateRow,
]);

const testerWindowRows: readonly DeflateRow[] = [8, 9, 10, 11, 12, 13, 14, 15].map((testerBits) => ({
  id: `tester-${testerBits}`,
  title: `the tester's window is ${testerBits} bits`,
  clause: 'RFC 7692 §7.1.2',
  wish: { testerBits },
  run: async (wire, codec) => {
    const block = noiseOf(200);
    for (const bytes of [100, 3_000, 80_000]) {
      await codec.expectEcho(wire, 'text', textOf(bytes));
      await codec.expectEcho(wire, 'binary', Buffer.concat([block, block]));
    }
    await wire.expectCloseHandshake();
  },
}));

/** What repeats farther back than the window reaches shows a peer whose window is larger. */
const peerWindowRows: readonly DeflateRow[] = [8, 9, 10, 11, 12, 13, 14, 15].map((peerBits) => ({
  id: `peer-${peerBits}`,
  title: `the peer's window may be ${peerBits} bits`,
  clause: 'RFC 7692 §7.1.2',
  expects: 'the same back; what is compressed goes back no farther than the window',
  wish: { peerBits },
  run: async (wire, codec) => {
    if (codec.terms.peerBits > peerBits) wire.fail(`the window agreed on is ${codec.terms.peerBits} bits`);
    const block = noiseOf(Math.min(30_000, 1.5 * 2 ** peerBits));
    await codec.expectEcho(wire, 'binary', Buffer.concat([block, block]));
    for (const bytes of [100, 3_000, 80_000]) await codec.expectEcho(wire, 'text', textOf(bytes));
    await codec.expectEcho(wire, 'binary', block);
    await codec.expectEcho(wire, 'binary', block);
    await wire.expectCloseHandshake();
  },
}));

const smallestRows: readonly DeflateRow[] = [
  {
    id: 'both-9-none',
    title: 'windows of 9 bits, and no context takeover',
    clause: 'RFC 7692 §7.1',
    wish: { testerBits: 9, peerBits: 9, testerTakeover: false, peerTakeover: false },
    run: async (wire, codec) => {
      for (const bytes of [100, 3_000, 80_000]) await codec.expectEcho(wire, 'text', textOf(bytes));
      await wire.expectCloseHandshake();
    },
  },
];

/** Context takeover and window sizes, of either side. */
export const deflateWindowCases: readonly Case[] = [
  ...deflateCases('deflate/takeover', takeoverRows),
  ...deflateCases('deflate/window', [...testerWindowRows, ...peerWindowRows, ...smallestRows]),
];
