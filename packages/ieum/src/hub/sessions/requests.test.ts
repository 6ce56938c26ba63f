import { describe, expect, test } from 'vitest';

import { RecordingSubscriber } from '../../../../../test/support/recording-subscriber.js';
import { FakeClock } from '../../testing/fake-clock.js';
import { createHub } from '../hub.js';
import { HubError } from '../hub-error.js';
import type { StandardSchema } from '../standard-schema.js';

async function open() {
  const clock = new FakeClock();
  const reported: unknown[] = [];
  const hub = createHub({ clock, reportError: (error) => reported.push(error) });
  await hub.open();
  const client = new RecordingSubscriber();
  const session = hub.openSession({ name: 'ann', user: { id: 7 } }, client);
  return { clock, hub, client, session, reported };
}

const signal = new AbortController().signal;
const numbers: StandardSchema<number, number> = {
  '~standard': {
    version: 1,
    vendor: 'test',
    validate: async (value) =>
      typeof value === 'number' ? { value } : { issues: [{ message: 'no number' }] },
  },
};

describe('a client asks the application', () => {
  test('and gets what the handler returns, which knows who asks', async () => {
    const { hub, session } = await open();
    hub.handle('double', (data, context) => [(data as number) * 2, context.session.identity.name]);
    expect(await session.receiveRequest('double', 21, signal)).toEqual([42, 'ann']);
    await hub.close();
  });

  test.each(['nothing', '__proto__', 'constructor', ''])('%j is no method', async (method) => {
    const { hub, session } = await open();
    await expect(session.receiveRequest(method, null, signal)).rejects.toMatchObject({
      code: 'ERR_HUB_UNKNOWN_METHOD',
    });
    await hub.close();
  });

  test('what a handler throws is reported, and its text told to nobody', async () => {
    const { hub, session, reported } = await open();
    hub.handle('fail', () => {
      throw new Error('the password is 1234');
    });
    const failing = session.receiveRequest('fail', null, signal);
    await expect(failing).rejects.toMatchObject({ code: 'ERR_HUB_HANDLER', message: 'the request failed' });
    expect(reported).toHaveLength(1);
    await hub.close();
  });

  test('a HubError is what the handler wants to say', async () => {
    const { hub, session, reported } = await open();
    hub.handle('secret', () => {
      throw new HubError('ERR_HUB_FORBIDDEN', 'not you');
    });
    await expect(session.receiveRequest('secret', null, signal)).rejects.toMatchObject({
      code: 'ERR_HUB_FORBIDDEN',
      message: 'not you',
    });
    expect(reported).toEqual([]);
    await hub.close();
  });

  test('with schemas, wrong data is the client’s mistake and a wrong answer the handler’s', async () => {
    const { hub, session, reported } = await open();
    hub.handle('half', (data) => ((data as number) > 100 ? 'many' : (data as number) / 2), {
      input: numbers,
      output: numbers,
    });
    expect(await session.receiveRequest('half', 8, signal)).toBe(4);
    await expect(session.receiveRequest('half', 'x', signal)).rejects.toMatchObject({
      code: 'ERR_HUB_INVALID_DATA',
    });
    expect(reported).toEqual([]);
    await expect(session.receiveRequest('half', 101, signal)).rejects.toMatchObject({
      code: 'ERR_HUB_HANDLER',
    });
    expect(reported).toHaveLength(1);
    await hub.close();
  });

  test('a method has one handler, and may lose it', async () => {
    const { hub, session } = await open();
    const remove = hub.handle('a', () => 1);
    expect(() => hub.handle('a', () => 2)).toThrow(
      expect.objectContaining({ code: 'ERR_HUB_INVALID_OPTION' }),
    );
    remove();
    remove();
    hub.handle('a', () => 2);
    remove();
    expect(await session.receiveRequest('a', null, signal)).toBe(2);
    await hub.close();
  });
});

describe('the application asks a client', () => {
  test('and gets its answer', async () => {
    const { hub, session, client } = await open();
    const asking = session.request('where', { precise: true });
    const [request] = client.requests;
    expect(request).toEqual({ id: 1, method: 'where', data: { precise: true } });
    session.receiveAnswer(1, { type: 'data', data: [52, 13] });
    session.receiveAnswer(1, { type: 'data', data: 'again' });
    session.receiveAnswer(99, { type: 'data', data: 'never asked' });
    expect(await asking).toEqual([52, 13]);
    await hub.close();
  });

  test('and gets its refusal, with its own code', async () => {
    const { hub, session } = await open();
    const asking = session.request('where', null);
    session.receiveAnswer(1, { type: 'error', code: 'NO_GPS', message: 'no signal' });
    await expect(asking).rejects.toMatchObject({
      code: 'ERR_HUB_HANDLER',
      clientCode: 'NO_GPS',
      message: 'no signal',
    });
    await hub.close();
  });

  test('and gives up when its time is up, or it wants to, and says so to the client', async () => {
    const { hub, session, client, clock } = await open();
    const late = expect(session.request('a', null, { timeoutMs: 500 })).rejects.toMatchObject({
      code: 'ERR_HUB_TIMEOUT',
    });
    const controller = new AbortController();
    const cancelled = expect(session.request('b', null, { signal: controller.signal })).rejects.toMatchObject(
      { code: 'ERR_HUB_CANCELLED' },
    );
    controller.abort();
    clock.advance(500);
    await Promise.all([late, cancelled]);
    expect(client.log).toEqual(['cancelled 2', 'cancelled 1']);
    await expect(session.request('c', null, { signal: AbortSignal.abort() })).rejects.toMatchObject({
      code: 'ERR_HUB_CANCELLED',
    });
    expect(client.requests).toHaveLength(2);
    await hub.close();
  });

  test('and learns that it has gone', async () => {
    const { hub, session, clock } = await open();
    const timers = clock.pendingTimers;
    const asking = expect(session.request('a', null)).rejects.toMatchObject({ code: 'ERR_HUB_CLOSED' });
    expect(clock.pendingTimers).toBe(timers + 1);
    session.close();
    await asking;
    expect(clock.pendingTimers).toBe(timers);
    await hub.close();
  });
});
