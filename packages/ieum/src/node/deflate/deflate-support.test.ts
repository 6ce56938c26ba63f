import { Buffer } from 'node:buffer';

import { expect, test } from 'vitest';

import { grantDeflate } from '../../core/deflate/deflate-parameters.js';
import { type DeflateSettings, deflateDefaults } from './deflate-options.js';
import { DeflateSupport } from './deflate-support.js';

const settings: DeflateSettings = { ...deflateDefaults, thresholdBytes: 0, clientMaxWindowBits: 15 };

/** A client's end of a connection with a server that has the same settings. */
function accept(support: DeflateSupport) {
  const grant = grantDeflate([support.offer], settings);
  const extension = grant === null ? null : support.accept(grant.answer);
  if (extension === null) throw new Error('not agreed');
  return extension;
}

test('connections with settings of their own share what compresses in the same way', () => {
  const text = Buffer.from('hello '.repeat(100));
  const exchange = () => {
    const extension = accept(new DeflateSupport({ ...settings }));
    const encoded = extension.encodeMessage(text) as Uint8Array;
    expect(extension.decodeMessage(encoded, 1_000)).toEqual(text);
    return extension;
  };
  const first = exchange();
  const before = process.memoryUsage().external;
  const others = Array.from({ length: 100 }, exchange);
  expect(process.memoryUsage().external - before).toBeLessThan(2 * 1024 * 1024);
  for (const extension of [first, ...others]) extension.close();
});

test.each<[string, Partial<DeflateSettings>]>([
  ['level', { level: 1 }],
  ['memory level', { memoryLevel: 1 }],
])('another %s gives another size', (_what, changes) => {
  const random = Array.from({ length: 5_000 }, (_, i) => `${(i * 7919) % 1009},`).join('');
  const sizes = [settings, { ...settings, ...changes }].map((each) => {
    const extension = accept(new DeflateSupport(each));
    const encoded = extension.encodeMessage(Buffer.from(random)) as Uint8Array;
    expect(Buffer.from(extension.decodeMessage(encoded, 100_000) as Uint8Array).toString() === random).toBe(
      true,
    );
    extension.close();
    return encoded.length;
  });
  expect(sizes[0]).not.toBe(sizes[1]);
});

test('a client offers only what there is memory for', () => {
  const takeover = { ...settings, serverNoContextTakeover: false, clientNoContextTakeover: false };
  const needed = 2 * (2 ** 12 + 2 ** 15);
  expect(new DeflateSupport({ ...takeover, maxMemoryBytes: needed }).canOffer).toBe(true);
  expect(new DeflateSupport({ ...takeover, maxMemoryBytes: needed - 1 }).canOffer).toBe(false);
  expect(new DeflateSupport({ ...settings, maxMemoryBytes: 0 }).canOffer).toBe(true);

  const support = new DeflateSupport({ ...takeover, maxMemoryBytes: needed });
  const grant = grantDeflate([support.offer], takeover);
  const extension = grant === null ? null : support.accept(grant.answer);
  expect(support.canOffer).toBe(false);
  extension?.close();
  expect(support.canOffer).toBe(true);
});

test('a server grants only what there is memory for, and has it back', () => {
  const takeover = { ...settings, serverNoContextTakeover: false, clientNoContextTakeover: false };
  const { offer } = new DeflateSupport(takeover);
  const server = new DeflateSupport({ ...takeover, maxMemoryBytes: 2 * (2 ** 12 + 2 ** 15) });
  const first = server.grant([offer]);
  expect(first).not.toBeNull();
  expect(server.grant([offer])).toBeNull();
  expect(server.grant([new DeflateSupport(settings).offer])).not.toBeNull();
  first?.extension.close();
  expect(server.grant([offer])).not.toBeNull();
});
