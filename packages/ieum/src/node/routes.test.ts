import { describe, expect, it } from 'vitest';

import { type Routes, RouteTable } from './routes.js';

/** What a table of routes throws. */
function misuse(routes: unknown): Error {
  try {
    new RouteTable(routes as Routes, {});
  } catch (error) {
    return error as Error;
  }
  return expect.unreachable('the routes were taken');
}

const usageError = (code: string) => expect.objectContaining({ name: 'UsageError', code });

describe('a table of routes refuses', () => {
  it.each<[string, unknown]>([
    ['a path without a slash', { chat: {} }],
    ['a path with a query', { '/chat?': {} }],
    ['a star inside a path', { '/*/chat': {} }],
    ['a route that is undefined', { '/': undefined }],
    ['a route that is null', { '/': null }],
    ['a route that is a function', { '/': () => {} }],
    ['a route that is a list', { '/': [] }],
    ['open that is no function', { '/': { open: true } }],
    ['message that is no function', { '/': { message: null } }],
    ['ping that is no function', { '/': { ping: 5 } }],
    ['pong that is no function', { '/': { pong: {} } }],
    ['closed that is no function', { '/': { closed: 'yes' } }],
    ['a limit that cannot work', { '/': { maxFragments: 1.5 } }],
    ['a send queue that is a policy', { '/': { sendQueue: 'wait' } }],
  ])('%s', (_name, routes) => {
    expect(misuse(routes)).toEqual(usageError('ERR_WS_INVALID_OPTION'));
  });

  it.each<[string, unknown]>([
    ['null', null],
    ['a text', 'chat'],
    ['a number', 5],
    ['a Set', new Set(['chat'])],
    ['a list of numbers', [5]],
    ['a repeated name', ['chat', 'chat']],
  ])('subprotocols that are %s', (_name, subprotocols) => {
    expect(misuse({ '/': { subprotocols } })).toEqual(usageError('ERR_WS_INVALID_SUBPROTOCOL'));
  });

  it.each([
    ['perMessageDeflate', 'write permessageDeflate'],
    ['protocols', 'subprotocols'],
    ['handleProtocols', 'subprotocols'],
    ['verifyClient', 'authenticate'],
    ['maxPayload', 'maxMessageBytes'],
    ['close', 'closed'],
    ['mesage', 'message'],
    ['onmessage', 'message'],
    ['idleTimeout', 'idleTimeoutMs'],
  ])('the option %s and points to %s', (name, words) => {
    const error = misuse({ '/': { [name]: 1 } });
    expect(error).toEqual(usageError('ERR_WS_INVALID_OPTION'));
    expect(error.message).toContain(words);
  });
});

it('a route may be an instance of a class with fields of its own', () => {
  class Chat {
    readonly members = new Set<unknown>();
    open(): void {}
  }
  const chat = new Chat();
  expect(new RouteTable({ '/': chat }, {}).find('/')?.route).toBe(chat);
});

it('the handlers of an instance are checked too', () => {
  class Chat {
    get message(): unknown {
      return 'hello';
    }
  }
  expect(misuse({ '/': new Chat() })).toEqual(usageError('ERR_WS_INVALID_OPTION'));
});
