import { Socket } from 'node:net';

import { expect, it } from 'vitest';

import { ConnectError } from './connect-error.js';
import { done, runStage, type Stage } from './socket-stage.js';

const stage: Stage = {
  event: 'connect',
  handleEvent: () => done,
  describeFailure: (cause) =>
    new ConnectError('ERR_WS_CONNECT', 'failed', { host: 'server.test', port: 80, cause }),
};

it('a socket that closed before the stage fails it, with the error it closed with', async () => {
  const [socket, cause] = [new Socket(), new Error('gone')];
  const closed = new Promise((resolve) => socket.on('error', () => {}).on('close', resolve));
  socket.destroy(cause);
  await closed;
  await expect(runStage(socket, stage, undefined)).rejects.toEqual(
    expect.objectContaining({ code: 'ERR_WS_CONNECT', cause }),
  );
});

it('a signal that was aborted before the stage ends it', async () => {
  const [socket, reason] = [new Socket(), new Error('enough')];
  await expect(runStage(socket, stage, AbortSignal.abort(reason))).rejects.toBe(reason);
  expect(socket.destroyed).toBe(true);
});
