import { fileURLToPath } from 'node:url';

import { connect } from 'ieum';
import { expect, onTestFinished, test } from 'vitest';

import { RunningCommand } from '../../support/command.js';
import { SockJsWire } from '../../support/sockjs-wire.js';

const program = fileURLToPath(new URL('../../fixtures/sockjs.mjs', import.meta.url));

test('the server for suites has the services that they ask for, and ends', async () => {
  const command = new RunningCommand(process.execPath, [program, '--port', '0']);
  onTestFinished(() => command.kill());
  await command.until(({ stdout }) => stdout.includes('\n'));
  const port = Number(new URL(command.stdout.trim().replace('listening on ', '')).port);
  const wire = new SockJsWire(port);
  onTestFinished(() => wire.destroy());
  const infoOf = async (service: string) => JSON.parse((await wire.get(`/${service}/info`)).body);
  expect(await infoOf('echo')).toMatchObject({ websocket: true, cookie_needed: false });
  expect(await infoOf('disabled_websocket_echo')).toMatchObject({ websocket: false });
  expect(await infoOf('cookie_needed_echo')).toMatchObject({ cookie_needed: true });

  await wire.post('/echo/000/x/xhr');
  const message = `["${'x'.repeat(4096)}"]`;
  await wire.post('/echo/000/x/xhr_send', message);
  const stream = await wire.stream('POST', '/echo/000/x/xhr_streaming');
  await stream.take();
  expect(await stream.take()).toBe(`a${message}\n`);
  await stream.ended;

  await wire.post('/close/000/x/xhr');
  expect((await wire.post('/close/000/x/xhr')).body).toBe('c[3000,"Go away!"]\n');
  const raw = await connect(`ws://127.0.0.1:${port}/close/websocket`, { origin: 'http://other.example' });
  expect(await raw.closed).toMatchObject({ code: 3000, reason: 'Go away!' });
  command.child.kill('SIGTERM');
  expect(await command.ended).toMatchObject({ status: 0 });
});
