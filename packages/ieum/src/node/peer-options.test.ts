import { describe, expect, it } from 'vitest';

import { checkPeerHandlers, checkPeerOptions, type PeerOptions, peerOptionsOf } from './peer-options.js';

const check = (options: unknown) => () => checkPeerOptions(options as PeerOptions);
const usageError = expect.objectContaining({ name: 'UsageError', code: 'ERR_WS_INVALID_OPTION' });

describe('peer options are refused', () => {
  it.each<[string, unknown]>([
    ['half a fragment', { maxFragments: 1.5 }],
    ['half a byte', { maxMessageBytes: 0.5 }],
    ['no message', { receiveBudget: { maxMessages: 0 } }],
    ['half a message', { receiveBudget: { maxMessages: 1.5 } }],
    ['a limit that is a text', { maxMessageBytes: '1' }],
    ['a limit that is null', { maxMessageBytes: null }],
    ['a limit that is a bigint', { maxMessageBytes: 1n }],
    ['no time to close', { closeTimeoutMs: 0 }],
    ['a time that is no number', { idleTimeoutMs: Number.NaN }],
    ['a time that ran out', { sendTimeoutMs: -1 }],
    ['keepalive as a flag', { keepalive: true }],
    ['keepalive as a time', { keepalive: 30_000 }],
    ['keepalive that is null', { keepalive: null }],
    ['keepalive with no interval', { keepalive: { intervalMs: 0 } }],
    ['keepalive with an unknown name', { keepalive: { interval: 30_000 } }],
    ['a receive budget as a number', { receiveBudget: 16 }],
    ['a receive budget that is false', { receiveBudget: false }],
    ['a receive budget with an unknown name', { receiveBudget: { messages: 16 } }],
    ['a send queue as a policy', { sendQueue: 'wait' }],
    ['a send queue as a number', { sendQueue: 1024 }],
    ['a send queue that is null', { sendQueue: null }],
    ['a send queue that is a list', { sendQueue: [] }],
    ['a send queue with an unknown name', { sendQueue: { maxBytes: 1024 } }],
    ['a send queue with an unknown policy', { sendQueue: { policy: 'hope' } }],
    ['an unknown access to sockets', { socketAccess: 'fast' }],
    ['compression as a level', { permessageDeflate: 9 }],
    ['compression that is null', { permessageDeflate: null }],
    ['compression as a text', { permessageDeflate: 'on' }],
    ['compression with an unknown name', { permessageDeflate: { threshold: 1024 } }],
    ['a takeover that is no flag', { permessageDeflate: { serverNoContextTakeover: 1 } }],
    ['a window of 8 bits', { permessageDeflate: { serverMaxWindowBits: 8 } }],
    ['a window of 16 bits', { permessageDeflate: { clientMaxWindowBits: 16 } }],
    ['half a bit', { permessageDeflate: { serverMaxWindowBits: 9.5 } }],
    ['a window that is a flag', { permessageDeflate: { clientMaxWindowBits: true } }],
    ['level 0, which compresses nothing', { permessageDeflate: { level: 0 } }],
    ['level 10', { permessageDeflate: { level: 10 } }],
    ['memory level 0', { permessageDeflate: { memoryLevel: 0 } }],
    ['a threshold below zero', { permessageDeflate: { thresholdBytes: -1 } }],
    ['memory below zero', { permessageDeflate: { maxMemoryBytes: -1 } }],
    ['an unknown access to zlib', { permessageDeflate: { zlibAccess: 'fast' } }],
  ])('with %s', (_name, options) => {
    expect(check(options)).toThrow(usageError);
  });
});

it.each<[string, string, unknown]>([
  ['policy', "{ policy: 'wait' }", { sendQueue: 5 }],
  ['policy that was meant', '{ policy: "close" }', { sendQueue: 'close' }],
  ['name that was meant', 'intervalMs', { keepalive: { interval: 1 } }],
  ['name of a window', 'serverMaxWindowBits', { permessageDeflate: { serverMaxWindow: 10 } }],
  ['range of a level', 'from 1 to 9', { permessageDeflate: { level: 12 } }],
])('a refusal tells the %s', (_name, words, options) => {
  expect(check(options)).toThrow(words);
});

it.each<[string, PeerOptions]>([
  [
    'no limit',
    { maxFragments: Infinity, maxMessageBytes: Infinity, sendQueue: { maxWaitingBytes: Infinity } },
  ],
  ['parts of a millisecond', { closeTimeoutMs: 0.5 }],
  ['no keepalive', { keepalive: false }],
  ['compression', { permessageDeflate: true }],
  ['no compression', { permessageDeflate: false }],
  [
    'compression of everything in no memory',
    { permessageDeflate: { thresholdBytes: 0, maxMemoryBytes: 0, level: 1, memoryLevel: 9 } },
  ],
])('%s is an option', (_name, options) => {
  expect(check(options)).not.toThrow();
});

it('other options may stand beside those of a peer', () => {
  expect(check({ headers: {}, protocols: [] })).not.toThrow();
});

it.each(['open', 'message', 'ping', 'pong', 'closed'])('%s must be a function', (name) => {
  expect(() => checkPeerHandlers('', { [name]: 'hello' })).toThrow(usageError);
  expect(() => checkPeerHandlers('', { [name]: undefined })).not.toThrow();
});

it('what is undefined hides no default, nested or not', () => {
  const options: unknown = {
    maxFragments: undefined,
    closeTimeoutMs: 1,
    keepalive: { intervalMs: undefined, graceMs: 2 },
    receiveBudget: undefined,
    sendQueue: { policy: undefined },
    headers: {},
  };
  expect(check(options)).not.toThrow();
  expect(Object.entries(peerOptionsOf(options as PeerOptions))).toEqual([
    ['closeTimeoutMs', 1],
    ['keepalive', { graceMs: 2 }],
    ['sendQueue', {}],
  ]);
});
