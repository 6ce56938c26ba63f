import { randomBytes } from 'node:crypto';

import { describe, expect, test } from 'vitest';

import type { PublicationDraft } from '../../../packages/ieum/src/hub/publication.js';
import { draftOf, kept, notKept, numbers, publishTexts, type Stage } from '../broker-stage.js';

/** What reaches sinks, and what is recognised. */
export function publishingContract(given: () => Stage): void {
  describe('a publication reaches sinks and history as it was published', () => {
    test.each(contents)('%s', async (_name, content) => {
      const [publisher, follower] = await given().pair();
      const topic = given().topic();
      await follower.broker.follow(topic, kept);
      const draft = draftOf(topic, 'text', content);
      const startedAt = Date.now();
      const receipt = await publisher.broker.publish(draft, kept);
      await follower.sink.untilTexts(topic, 1);
      const page = await publisher.broker.history(topic, kept, { since: null, limit: 10 });
      expect(receipt?.isDuplicate).toBe(false);
      for (const publication of [follower.sink.publications(topic)[0], page?.publications[0]]) {
        expect(publication).toMatchObject({ ...plain(draft), position: receipt?.position });
        expect(Buffer.from(publication?.payload ?? []).equals(Buffer.from(draft.payload))).toBe(true);
        expect({ ...publication?.headers }).toEqual(draft.headers);
        expect(publication?.publishedAt).toBeGreaterThan(startedAt - 2_000);
        expect(publication?.publishedAt).toBeLessThan(Date.now() + 2_000);
      }
    });
  });

  test('topics with odd characters are topics like others, and none is another', async () => {
    const [publisher, follower] = await given().pair();
    const topics = oddTopics(given().topic('odd'));
    for (const topic of topics) await follower.broker.follow(topic, kept);
    for (const topic of topics) await publisher.broker.publish(draftOf(topic, topic), kept);
    for (const topic of topics) await publisher.broker.publish(draftOf(topic, 'end'), kept);
    for (const topic of topics) await follower.sink.untilText(topic, 'end');
    for (const topic of topics) {
      expect(follower.sink.texts(topic)).toEqual([topic, 'end']);
      const page = await publisher.broker.history(topic, kept, { since: null, limit: 10 });
      expect(page?.publications.map(({ text }) => text)).toEqual([topic, 'end']);
    }
  }, 30_000);

  test('a topic without history has no positions, and each publication comes once and in order', async () => {
    const [publisher, follower] = await given().pair();
    const topic = given().topic();
    expect(await follower.broker.follow(topic, notKept)).toBeNull();
    const texts = numbers(200);
    const receipts = await Promise.all(
      texts.map((text) => publisher.broker.publish(draftOf(topic, text), notKept)),
    );
    await follower.sink.untilTexts(topic, texts.length);
    expect(follower.sink.texts(topic)).toEqual(texts);
    expect(new Set(receipts.map((receipt) => receipt?.position))).toEqual(new Set([null]));
    expect(follower.sink.publications(topic).every(({ position }) => position === null)).toBe(true);
  });

  test.each([
    ['with history', kept],
    ['without history', notKept],
  ])('nobody needs to follow for a publication to be taken: %s', async (_name, retention) => {
    const node = await given().node();
    const topic = given().topic();
    const receipt = await node.broker.publish(draftOf(topic, 'a'), retention);
    expect([receipt.isDuplicate, receipt.position === null]).toEqual([false, retention.history === null]);
  });

  describe.each([
    ['with history', kept],
    ['without history', notKept],
  ])('what was published already changes nothing: %s', (_name, retention) => {
    test.each(repetitions)('%s, one after another', async (_name, repeat) => {
      const [publisher, other] = await given().pair();
      const topic = given().topic();
      await other.broker.follow(topic, retention);
      const draft = draftOf(topic, 'first', { key: repeat.key });
      const first = await publisher.broker.publish(draft, retention);
      const again = [
        await publisher.broker.publish({ ...draft, ...repeat.again() }, retention),
        await other.broker.publish({ ...draft, ...repeat.again() }, retention),
      ];
      const duplicate = { position: first?.position, isDuplicate: true };
      expect([first?.isDuplicate, ...again]).toEqual([false, duplicate, duplicate]);
      await publisher.broker.publish(draftOf(topic, 'end'), retention);
      await other.sink.untilText(topic, 'end');
      expect(other.sink.texts(topic)).toEqual(['first', 'end']);
    });

    test.each(repetitions)('%s, at once by two nodes', async (_name, repeat) => {
      const nodes = await given().pair();
      const [first] = nodes;
      const topic = given().topic();
      await first.broker.follow(topic, retention);
      const draft = draftOf(topic, 'first', { key: repeat.key });
      const receipts = await Promise.all(
        Array.from({ length: 20 }, (_, i) =>
          nodes[i % 2 === 0 ? 0 : 1].broker.publish({ ...draft, ...repeat.again() }, retention),
        ),
      );
      expect(receipts.filter((receipt) => receipt?.isDuplicate === false).length).toBe(1);
      expect(new Set(receipts.map((receipt) => receipt?.position?.offset)).size).toBe(1);
      await first.broker.publish(draftOf(topic, 'end'), retention);
      await first.sink.untilText(topic, 'end');
      expect(first.sink.texts(topic)).toEqual(['first', 'end']);
    });
  });

  test('a key is one of its topic: on another it is another', async () => {
    const node = await given().node();
    const [topic, other] = [given().topic(), given().topic()];
    const receipts = [
      await node.broker.publish(draftOf(topic, 'a', { key: 'k' }), kept),
      await node.broker.publish(draftOf(other, 'b', { key: 'k' }), kept),
      await node.broker.publish(draftOf(topic, 'c', { key: 'K' }), kept),
      await node.broker.publish(draftOf(topic, 'd', { key: 'k' }), kept),
    ];
    expect(receipts.map(({ isDuplicate }) => isDuplicate)).toEqual([false, false, false, true]);
  });

  test('keys hold any characters', async () => {
    const node = await given().node();
    const topic = given().topic();
    const keys = ['a b', 'ä한', '*', '>', '{x}', 'a\r\nb', '"', "'", 'k'.repeat(128), '한'.repeat(128), ' '];
    for (const key of keys) {
      const receipts = [
        await node.broker.publish(draftOf(topic, 'a', { key }), kept),
        await node.broker.publish(draftOf(topic, 'b', { key }), kept),
      ];
      expect(receipts.map(({ isDuplicate }) => isDuplicate)).toEqual([false, true]);
    }
    const page = await node.broker.history(topic, kept, { since: null, limit: 100 });
    expect(page.publications.map(({ key }) => key)).toEqual(keys);
  });

  test('between unfollow and the next follow nothing comes', async () => {
    const [publisher, follower, witness] = await given().three();
    const topic = given().topic();
    await follower.broker.follow(topic, kept);
    await witness.broker.follow(topic, kept);
    await publishTexts(publisher, topic, ['before']);
    await follower.sink.untilText(topic, 'before');
    follower.broker.unfollow(topic);
    await publishTexts(publisher, topic, ['between']);
    await witness.sink.untilText(topic, 'between');
    await follower.broker.follow(topic, kept);
    await publishTexts(publisher, topic, ['after']);
    for (const { sink } of [follower, witness]) await sink.untilText(topic, 'after');
    expect(follower.sink.texts(topic)).toEqual(['before', 'after']);
    expect(witness.sink.texts(topic)).toEqual(['before', 'between', 'after']);
  });
}

const bytes = (byteLength: number) => new Uint8Array(randomBytes(byteLength));

const contents: readonly (readonly [string, Partial<PublicationDraft>])[] = [
  ['text', { publisher: 'alice' }],
  [
    'text that is not of ASCII',
    { payload: new TextEncoder().encode('한국 😀 \u0000'), publisher: '한국 😀' },
  ],
  ['JSON', { format: 'json', payload: new TextEncoder().encode('{"a":[1,"ü"]}'), key: 'once' }],
  ['no bytes', { format: 'binary', payload: new Uint8Array(0) }],
  ['all bytes', { format: 'binary', payload: Uint8Array.from({ length: 256 }, (_, i) => i) }],
  ['60 KiB', { format: 'binary', payload: bytes(60 * 1024) }],
  ['bytes inside a larger buffer', { format: 'binary', payload: bytes(100).subarray(10, 20) }],
  ['a publisher without characters', { publisher: '' }],
  [
    'headers',
    {
      headers: {
        'content-type': 'text/plain; charset="utf-8"',
        Plain: 'a:b',
        empty: '',
        'with space': ' around ',
        größe: '한국 😀',
        lines: 'one\r\ntwo\tthree',
        '': 'no name',
      },
    },
  ],
  ['headers as large as a hub lets through', { headers: { long: 'x'.repeat(4_000) } }],
];

interface Repetition {
  readonly key: string | null;
  readonly again: () => Partial<PublicationDraft>;
}

const repetitions: readonly (readonly [string, Repetition])[] = [
  ['the same id', { key: null, again: () => ({}) }],
  ['the same key', { key: 'once', again: () => ({ id: crypto.randomUUID() }) }],
  ['the same id and key', { key: 'once', again: () => ({}) }],
];

function plain({ topic, format, publisher, id, key }: PublicationDraft) {
  return { topic, format, publisher, id, key };
}

/** @param prefix three levels and a name */
function oddTopics(prefix: string): string[] {
  const base = prefix.slice(0, prefix.lastIndexOf('/'));
  const names = [
    ...['a.b', 'a b', 'a/b', 'a%b', 'a%2Fb', 'A.B', 'a_b', 'a-b', 'a=b', 'a+b', 'a\\b', 'a:b', 'a|b'],
    ...[
      '>',
      ';',
      '?',
      '[]',
      '[a-z]',
      '{tag}',
      '{}',
      '$SYS',
      '#',
      '~',
      '"',
      "'",
      '.',
      '..',
      '_',
      ' ',
      '\u00a0',
    ],
    ...['ä', 'a\u0308', '한국/그룹', '😀', 'null', '__proto__', 'constructor', 'a/b/c/d/e/f/g/h/i/j/k/l'],
  ];
  const longest = 'x'.repeat(255 - Buffer.byteLength(`${base}/`));
  const longestWide = '한'.repeat(Math.floor((255 - Buffer.byteLength(`${base}/`)) / 3));
  return [...names, longest, longestWide].map((name) => `${base}/${name}`);
}
