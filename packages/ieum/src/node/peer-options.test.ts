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
  ])('with %s', (_name, options) => {
    expect(check(options)).toThrow(usageError);
  });
});

it.each<[string, string, unknown]>([
  ['policy', "{ policy: 'wait' }", { sendQueue: 5 }],
  ['policy that was meant', '{ policy: "close" }', { sendQueue: 'close' }],
  ['name that was meant', 'intervalMs', { keepalive: { interval: 1 } }],
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
