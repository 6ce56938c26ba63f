import { Buffer } from 'node:buffer';

import type { Case } from '../case.js';

import { takeAnswers } from './answers.js';
import { data } from './frames.js';
import { casesOf, type GroupedCase } from './group.js';
import { asciiOf, bytesOf, inWords, payloadOf, payloadTypes, sizeInWords } from './payloads.js';

/** Messages come back as they are, one after another, however many there are. */
export function echoCases(): readonly Case[] {
  return casesOf('echo', [
    ...payloadTypes.flatMap((type) =>
      [0, 16, 64, 256, 1024, 4096].map((size) => oneAfterAnother(type, size)),
    ),
    ...oneRows().map(one),
    changingTypes(),
    changingSizes(),
    growing(),
    inFragmentsOf1300(),
    manyAtATime(),
  ]);
}

function oneAfterAnother(type: 'text' | 'binary', size: number): GroupedCase {
  return {
    name: `one-after-another/${type}-${size}`,
    title: `1,000 ${type} messages of ${sizeInWords(size)}, one after another`,
    clause: 'RFC 6455 §5.2',
    sends: 'each message when the one before it has come back',
    expects: 'every message back',
    timeoutMs: 30_000,
    run: async (wire) => {
      const payload = payloadOf(type, size);
      for (let count = 0; count < 1_000; count++) await wire.expectEcho(type, payload);
      await wire.expectCloseHandshake();
    },
  };
}

function oneRows(): { name: string; what: string; type: 'text' | 'binary'; payload: Buffer }[] {
  const allBytes = Buffer.from(Array.from({ length: 256 }, (_, value) => value));
  const json = Buffer.from(JSON.stringify({ text: 'aß水😀', list: [1, 2.5, null, true], empty: {} }));
  return [
    { name: 'text-in-binary', what: 'text sent as binary', type: 'binary', payload: Buffer.from('Hello') },
    { name: 'all-byte-values', what: 'all 256 byte values', type: 'binary', payload: allBytes },
    { name: 'zeros', what: '1,000 zero bytes', type: 'binary', payload: Buffer.alloc(1_000) },
    { name: 'ones', what: '1,000 bytes FF', type: 'binary', payload: Buffer.alloc(1_000, 0xff) },
    { name: 'json', what: 'a text that is JSON', type: 'text', payload: json },
    {
      name: 'line-ends',
      what: 'a text of line ends',
      type: 'text',
      payload: Buffer.from('\r\n\n\r\u2028\0'),
    },
    { name: 'like-http', what: 'a text like a request', type: 'text', payload: Buffer.from(likeHttp) },
    {
      name: 'like-frames',
      what: 'a payload of bytes that look like frames',
      type: 'binary',
      payload: Buffer.alloc(600, Buffer.from('88820000000003e881051234567889008a00', 'hex')),
    },
  ];
}

function one({ name, what, type, payload }: ReturnType<typeof oneRows>[number]): GroupedCase {
  return {
    name: `payload/${name}`,
    title: what,
    clause: 'RFC 6455 §5.6',
    sends: `a ${type} message: ${what}`,
    expects: 'the same message back, as the same type',
    run: async (wire) => {
      await wire.expectEcho(type, payload);
      await wire.expectCloseHandshake();
    },
  };
}

function changingTypes(): GroupedCase {
  return {
    name: 'order/changing-types',
    title: '400 messages, text and binary by turns, empty ones among them',
    clause: 'RFC 6455 §5.4, §5.6',
    sends: 'the messages in one go, without waiting',
    expects: 'all messages back in order, each as its type',
    run: async (wire) => {
      const answers = Array.from({ length: 400 }, (_, index) => {
        const type = index % 3 === 0 ? ('binary' as const) : ('text' as const);
        return { type, payload: index % 5 === 0 ? '' : `message ${index}` };
      });
      await wire.sendFrames(answers.map(({ type, payload }) => data(type, payload)));
      await takeAnswers(wire, answers);
      await wire.expectCloseHandshake();
    },
  };
}

function changingSizes(): GroupedCase {
  return {
    name: 'order/small-behind-large',
    title: 'small messages behind large ones',
    clause: 'RFC 6455 §5.4',
    sends: 'messages of 1 MiB, 10 bytes, 300 KiB, 0 bytes, 70,000 bytes and 1 byte in one go',
    expects: 'all messages back in order',
    timeoutMs: 10_000,
    run: async (wire) => {
      const answers = [1_048_576, 10, 307_200, 0, 70_000, 1].map((size) => ({
        type: 'binary' as const,
        payload: bytesOf(size),
      }));
      await wire.sendFrames(answers.map(({ type, payload }) => data(type, payload)));
      await takeAnswers(wire, answers);
      await wire.expectCloseHandshake();
    },
  };
}

function growing(): GroupedCase {
  return {
    name: 'one-after-another/growing',
    title: '300 messages of 0 to 299 bytes, one after another',
    clause: 'RFC 6455 §5.2',
    sends: 'each message when the one before it has come back',
    expects: 'every message back',
    timeoutMs: 10_000,
    run: async (wire) => {
      for (let size = 0; size < 300; size++) await wire.expectEcho('text', asciiOf(size));
      await wire.expectCloseHandshake();
    },
  };
}

function inFragmentsOf1300(): GroupedCase {
  return {
    name: 'fragments/65536-in-1300',
    title: 'a text message of 65,536 bytes in fragments of 1,300',
    clause: 'RFC 6455 §5.4',
    sends: 'a text message in 51 fragments',
    expects: 'the same message back',
    run: async (wire) => {
      await wire.expectEcho('text', asciiOf(65_536), { fragmentBytes: 1_300 });
      await wire.expectCloseHandshake();
    },
  };
}

function manyAtATime(): GroupedCase {
  const [rounds, count] = [50, 100];
  return {
    name: 'order/hundred-at-a-time',
    title: `${inWords(rounds * count)} messages, a hundred at a time`,
    clause: 'RFC 6455 §5.4',
    sends: 'a hundred messages each time the hundred before them have come back',
    expects: 'all messages back in order',
    timeoutMs: 15_000,
    run: async (wire) => {
      for (let round = 0; round < rounds; round++) {
        const answers = Array.from({ length: count }, (_, index) => ({
          type: 'text' as const,
          payload: `round ${round}, message ${index}`,
        }));
        await wire.sendFrames(answers.map(({ type, payload }) => data(type, payload)));
        await takeAnswers(wire, answers);
      }
      await wire.expectCloseHandshake();
    },
  };
}

const likeHttp = 'GET / HTTP/1.1\r\nHost: example.com\r\nUpgrade: websocket\r\n\r\n';
