import { connect } from 'ieum';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { RecordedLog } from '../../../test/support/recorded-log.js';
import { serve } from '../../../test/support/serve.js';

import { ConnectionLog } from './connection-log.js';
import type { LogLevel } from './log.js';

let log: RecordedLog;

beforeEach(() => {
  log = new RecordedLog();
  vi.useFakeTimers({ toFake: ['performance'] });
});
afterEach(() => vi.useRealTimers());

async function served(level: LogLevel) {
  const observer = new ConnectionLog(log, level);
  return await serve({ routes: { '/echo': {} }, observer });
}

test('connections that come and go, without what may be a token', async () => {
  const { url, server } = await served('debug');
  const peer = await connect(`${url}/echo?access_token=secret`);
  await peer.close(4000, 'bye\u001b');
  for (const left of server.peers) await left.closed;
  expect(log.entries).toMatchObject([
    {
      level: 'debug',
      fields: { event: 'connection.opened', path: '/echo', address: '127.0.0.1', http: '1.1' },
    },
    {
      level: 'debug',
      fields: { event: 'connection.closed', code: 4000, cause: 'closed-by-peer', clean: true },
    },
  ]);
  expect(JSON.stringify(log.entries)).not.toContain('secret');
});

test('above debug only refusals', async () => {
  const { url } = await served('info');
  await (await connect(`${url}/echo`)).close();
  await expect(connect(`${url}/nowhere?token=secret`)).rejects.toMatchObject({ status: 404 });
  expect(log.entries).toMatchObject([
    { level: 'info', fields: { event: 'handshake.refused', status: 404, path: '/nowhere' } },
  ]);
  expect(JSON.stringify(log.entries)).not.toContain('secret');
});

test('of many refusals in a second most are only counted', () => {
  const observer = new ConnectionLog(log, 'info');
  const opening = { request: null, route: null, httpVersion: '1.1', durationMs: 0 } as const;
  const refuse = () => observer.handleRefused({ status: 400, reason: 'bad', headers: [] }, opening);
  for (let round = 0; round < 500; round++) refuse();
  expect(log.entries).toHaveLength(20);
  vi.advanceTimersByTime(1_000);
  refuse();
  expect(log.entries.slice(20)).toMatchObject([
    { fields: { event: 'handshake.refused-more', count: 480 } },
    { fields: { event: 'handshake.refused' } },
  ]);
});
