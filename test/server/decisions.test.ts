import { type Authenticate, accept, connect, refuse } from 'ieum';
import { describe, expect, onTestFinished, test, vi } from 'vitest';

import { text } from '../support/client-frames.js';
import { ask, RawClient } from '../support/raw-client.js';
import { serve } from '../support/serve.js';

/** Rejections that nobody handles, from here to the end of the test. */
function unhandledRejections(): readonly unknown[] {
  const reasons: unknown[] = [];
  const note = (reason: unknown): void => void reasons.push(reason);
  process.on('unhandledRejection', note);
  onTestFinished(() => void process.off('unhandledRejection', note));
  return reasons;
}

async function askTwice(decision: unknown) {
  const rejections = unhandledRejections();
  const opened: unknown[] = [];
  const { server, port, errors } = await serve<undefined>({
    maxConnections: 1,
    routes: { '/': { open: (peer) => void opened.push(peer) } },
    authenticate: (() => decision) as Authenticate<undefined>,
  });
  const answers = [await ask(port), await ask(port)];
  expect([opened, server.peers.size, rejections]).toEqual([[], 0, []]);
  return { answers, errors };
}

describe('nobody is let in when authenticate returns', () => {
  test.each([
    ['an object that says no', { allowed: false }],
    ['an object that says yes', { allowed: true }],
    ['a record of the application', { id: 7, status: 'active' }],
    ['what accept returns, by hand', { user: undefined, headers: [] }],
    ['true', true],
    ['false', false],
    ['a text', 'x'],
    ['a number', 1],
    ['a list', []],
    ['a refusal with status 200', { status: 200, reason: 'x' }],
    ['a refusal without a reason', { status: 401 }],
    ['a refusal whose reason breaks the line', { status: 401, reason: 'a\r\nb' }],
    ['a refusal with wrong fields', { status: 401, reason: 'x', headers: [['a b', 'c']] }],
    ['accept itself', accept],
  ])('%s: 500, and reported', async (_, decision) => {
    for (const returned of [decision, Promise.resolve(decision)]) {
      const { answers, errors } = await askTwice(returned);
      expect(answers.map(({ status }) => status)).toEqual([500, 500]);
      expect(errors).toHaveLength(2);
    }
  });

  test.each([undefined, null])('%s: 403', async (decision) => {
    const { answers, errors } = await askTwice(decision);
    expect([answers.map(({ status }) => status), errors]).toEqual([[403, 403], []]);
  });

  test.each([
    ['by hand', { status: 401, reason: 'no', headers: [] }],
    ['by hand without fields', { status: 401, reason: 'no' }],
    ['by refuse', refuse(401, 'no')],
  ])('a refusal made %s: what it says', async (_, decision) => {
    const { answers, errors } = await askTwice(decision);
    expect(answers.map(({ status, body }) => [status, body])).toEqual([
      [401, 'no\n'],
      [401, 'no\n'],
    ]);
    expect(errors).toEqual([]);
  });
});

describe.each([
  [
    'throws',
    () => {
      throw new Error('the log is full');
    },
  ],
  ['rejects', () => Promise.reject(new Error('the log is full'))],
])('a reportError that %s', (_, reportError) => {
  const serveSilently = async (options: Parameters<typeof serve<undefined>>[0]) => {
    const printed = vi.spyOn(console, 'error').mockImplementation(() => {});
    onTestFinished(() => printed.mockRestore());
    const rejections = unhandledRejections();
    const served = await serve<undefined>({ maxConnections: 1, reportError, ...options });
    return { ...served, rejections, printed };
  };

  test('changes nothing about a failed decision', async () => {
    const { port, rejections, printed } = await serveSilently({
      authenticate: () => {
        throw new Error('the database is down');
      },
    });
    expect([(await ask(port)).status, (await ask(port)).status]).toEqual([500, 500]);
    expect(rejections).toEqual([]);
    expect(printed).toHaveBeenCalledTimes(2);
  });

  test('changes nothing about a failed handler', async () => {
    const fail = (): never => {
      throw new Error('no such room');
    };
    const { server, port, rejections, printed } = await serveSilently({
      routes: { '/': { message: fail, closed: fail } },
    });
    for (let i = 0; i < 2; i++) {
      const client = await RawClient.open(port);
      client.send(text('x'));
      expect(await client.frame()).toBe('close 1011');
      client.socket.end();
      await expect.poll(() => server.peers.size).toBe(0);
      await expect.poll(() => printed.mock.calls.length).toBe(2 * (i + 1));
    }
    expect(rejections).toEqual([]);
  });

  test('changes nothing about a failed handler of a client', async () => {
    const { url, rejections, printed } = await serveSilently({
      routes: { '/': { open: (peer) => void peer.send('x') } },
    });
    const peer = await connect(url, {
      reportError,
      message: () => {
        throw new Error('no such room');
      },
    });
    expect(await peer.closed).toMatchObject({ sent: { code: 1011 }, wasClean: true });
    expect([rejections, printed.mock.calls.length]).toEqual([[], 1]);
  });
});
