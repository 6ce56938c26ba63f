import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

import { expect, it } from 'vitest';

/** Node as it may become: streams of zlib's that show nothing of what is beneath them. */
const hide = `
  import zlib from 'node:zlib';
  for (const name of ['InflateRaw', 'DeflateRaw']) {
    const get = function () {
      return new Error().stack.includes('kept-zlib') ? undefined : this.hidden;
    };
    const set = function (value) {
      Object.defineProperty(this, 'hidden', { value, writable: true, configurable: true });
    };
    Object.defineProperty(zlib[name].prototype, '_handle', { get, set });
  }
`;

const converse = `
  const { connect, createServer } = await import('ieum');
  const permessageDeflate = { thresholdBytes: 0 };
  const server = createServer({
    permessageDeflate,
    routes: { '/': { message: (peer, message) => peer.send(message) } },
  });
  const { port } = await server.listen();
  const peer = await connect('ws://127.0.0.1:' + port, { permessageDeflate });
  const texts = ['', 'short', 'longer '.repeat(20), 'long '.repeat(50_000)];
  for (const text of texts) peer.send(text);
  let same = 0;
  for await (const message of peer) {
    if (message.data === texts[same]) same++;
    if (same === texts.length) break;
  }
  console.log(peer.extensions.split(';')[0], same);
  process.exit();
`;

it('without an engine beneath the streams of zlib, compression works by documented API', async () => {
  const { stdout } = await promisify(execFile)(process.execPath, [
    '--input-type=module',
    '-e',
    hide + converse,
  ]);
  expect(stdout).toBe('permessage-deflate 4\n');
});
