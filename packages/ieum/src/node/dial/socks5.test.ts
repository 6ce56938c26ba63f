import { getEventListeners } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { createServer as createTlsServer, type TLSSocket } from 'node:tls';

import { afterEach, beforeAll, describe, expect, it } from 'vitest';

import { type Certificates, createCertificates } from '../../../../../test/support/certificates.js';
import { converse, readText } from '../../../../../test/support/converse.js';
import { type Listener, listen } from '../../../../../test/support/listener.js';
import { type SocksProxyOptions, startSocksProxy } from '../../../../../test/support/socks-proxy.js';
import { dial } from './index.js';
import { Socks5Negotiation } from './socks5.js';

let certificates: Certificates;
const cleanups: Array<() => unknown> = [];

beforeAll(async () => {
  certificates = await createCertificates();
});

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

const keep = <T extends { destroy(): unknown }>(socket: T): T => {
  cleanups.push(() => socket.destroy());
  return socket;
};

const keepListener = <T extends Listener>(listener: T): T => {
  cleanups.push(() => listener.close());
  return listener;
};

const startProxy = async (options?: SocksProxyOptions) => keepListener(await startSocksProxy(options));

const startEcho = async () => keepListener(await listen(createServer((socket) => socket.pipe(socket))));

/** A proxy that answers the client's messages with these, in order, and then does `last`. */
const startScript = async (
  answers: readonly (readonly number[])[],
  last: (socket: Socket) => void = () => {},
) =>
  keepListener(
    await listen(
      createServer((socket) => {
        const remaining = [...answers];
        socket.on('data', () => {
          const answer = remaining.shift();
          if (answer !== undefined && answer.length > 0) socket.write(Uint8Array.from(answer));
          if (remaining.length === 0) last(socket);
        });
      }),
    ),
  );

const target = { hostname: 'server.test', port: 80, secure: false };
const failure = (fields: object = {}) =>
  expect.objectContaining({ name: 'ConnectError', code: 'ERR_WS_PROXY', host: 'server.test', ...fields });

describe('a SOCKS5 proxy', () => {
  it('is told the name with socks5h', async () => {
    const [proxy, { port }] = await Promise.all([startProxy(), startEcho()]);
    const socket = keep(await dial({ ...target, port }, { proxy: `socks5h://127.0.0.1:${proxy.port}` }));
    for (const event of ['readable', 'data', 'error', 'close']) {
      expect([event, socket.listenerCount(event)]).toEqual([event, 0]);
    }
    expect(await converse(socket, 'hello')).toBe('hello');
    expect(proxy.destinations).toEqual([['domain', 'server.test', port]]);
  });

  it('is told the address with socks5', async () => {
    const [proxy, { port }] = await Promise.all([startProxy(), startEcho()]);
    const { signal } = new AbortController();
    const options = { proxy: `socks5://127.0.0.1:${proxy.port}`, family: 4, signal } as const;
    const socket = keep(await dial({ hostname: 'localhost', port, secure: false }, options));
    expect(getEventListeners(signal, 'abort')).toEqual([]);
    expect(await converse(socket, 'hello')).toBe('hello');
    expect(proxy.destinations).toEqual([['ipv4', '127.0.0.1', port]]);
  });

  it('is not asked for a name that has no address with socks5', async () => {
    const proxy = await startProxy();
    const attempt = dial({ ...target, hostname: 'a.invalid' }, { proxy: `socks5://127.0.0.1:${proxy.port}` });
    await expect(attempt).rejects.toEqual(failure({ code: 'ERR_WS_DNS', host: 'a.invalid' }));
    expect(proxy.accepted).toBe(0);
  });

  it.each(['socks5', 'socks5h'])('is told addresses as they are with %s', async (scheme) => {
    const [proxy, { port }] = await Promise.all([startProxy(), startEcho()]);
    const options = { proxy: `${scheme}://127.0.0.1:${proxy.port}` };
    for (const hostname of ['192.0.2.1', '[2001:db8::1]', '::ffff:192.0.2.1']) {
      keep(await dial({ hostname, port, secure: false }, options));
    }
    expect(proxy.destinations).toEqual([
      ['ipv4', '192.0.2.1', port],
      ['ipv6', '20010db8000000000000000000000001', port],
      ['ipv6', '00000000000000000000ffffc0000201', port],
    ]);
  });

  it('gets percent-decoded credentials', async () => {
    const [proxy, { port }] = await Promise.all([startProxy({ credentials: 'mé:s:%' }), startEcho()]);
    const url = `socks5h://m%C3%A9:s:%25@127.0.0.1:${proxy.port}`;
    const socket = keep(await dial({ ...target, port }, { proxy: url }));
    expect(await converse(socket, 'hello')).toBe('hello');
  });

  it.each([
    ['', 'no-acceptable-method'],
    ['me:wrong@', 'authentication-failed'],
  ])('refuses the credentials %j', async (credentials, reply) => {
    const proxy = await startProxy({ credentials: 'me:right' });
    const attempt = dial(target, { proxy: `socks5h://${credentials}127.0.0.1:${proxy.port}` });
    await expect(attempt).rejects.toEqual(failure({ reply, proxy: `socks5h://127.0.0.1:${proxy.port}` }));
    await expect.poll(() => proxy.open).toBe(0);
  });

  it('carries TLS with the server', async () => {
    const server = createTlsServer(certificates.server, (socket) => socket.pipe(socket));
    const [proxy, { port }] = await Promise.all([startProxy(), listen(server).then(keepListener)]);
    const options = { proxy: `socks5h://127.0.0.1:${proxy.port}`, tls: { ca: certificates.authority.cert } };
    const socket = keep(await dial({ hostname: 'localhost', port, secure: true }, options)) as TLSSocket;
    expect(socket.authorized).toBe(true);
    expect(await converse(socket, 'hello')).toBe('hello');
  });

  it('says that nobody listens', async () => {
    const [proxy, { port, close }] = await Promise.all([startProxy(), listen(createServer())]);
    await close();
    const attempt = dial({ ...target, port }, { proxy: `socks5h://127.0.0.1:${proxy.port}` });
    await expect(attempt).rejects.toEqual(failure({ reply: 'connection-refused' }));
    await expect.poll(() => proxy.open).toBe(0);
  });
});

describe('what a SOCKS5 proxy may send', () => {
  const dialThrough = (listener: Listener, credentials = '') =>
    dial(target, { proxy: `socks5h://${credentials}127.0.0.1:${listener.port}` });

  it.each([
    ['an IPv4 address', [1, 127, 0, 0, 1]],
    ['an IPv6 address', [4, ...new Array<number>(16).fill(0)]],
    ['a name', [3, 2, 0x61, 0x62]],
    ['an empty name', [3, 0]],
  ])('bound to %s, and early bytes of the server', async (_, address) => {
    const listener = await startScript([
      [5, 0],
      [5, 0, 0, ...address, 0, 80, 0x68, 0x69],
    ]);
    expect(await readText(keep(await dialThrough(listener)), 2)).toBe('hi');
  });

  it.each([
    [1, 'general-failure'],
    [2, 'not-allowed'],
    [3, 'network-unreachable'],
    [4, 'host-unreachable'],
    [5, 'connection-refused'],
    [6, 'ttl-expired'],
    [7, 'command-not-supported'],
    [8, 'address-type-not-supported'],
    [9, 'unassigned'],
    [255, 'unassigned'],
  ])('is reply %i, which is %s', async (code, reply) => {
    const listener = await startScript([
      [5, 0],
      [5, code],
    ]);
    await expect(dialThrough(listener)).rejects.toEqual(failure({ reply }));
    await expect.poll(() => listener.open).toBe(0);
  });

  it.each([
    ['HTTP', '', [[...Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n')]]],
    ['SOCKS4', '', [[0, 0x5a, 0, 0]]],
    ['a method that was not offered', '', [[5, 2]]],
    ['a method that nobody knows', 'a:b@', [[5, 1]]],
    ['more than the method', '', [[5, 0, 5]]],
    [
      'another authentication',
      'a:b@',
      [
        [5, 2],
        [5, 0],
      ],
    ],
    [
      'more than the status',
      'a:b@',
      [
        [5, 2],
        [1, 0, 5],
      ],
    ],
    [
      'another version in the reply',
      '',
      [
        [5, 0],
        [4, 0],
      ],
    ],
    [
      'an unknown type of address',
      '',
      [
        [5, 0],
        [5, 0, 0, 2],
      ],
    ],
  ])('is not %s', async (_, credentials, answers) => {
    const listener = await startScript(answers);
    await expect(dialThrough(listener, credentials)).rejects.toEqual(failure({ reply: undefined }));
    await expect.poll(() => listener.open).toBe(0);
  });

  it.each([
    ['the method', [[]]],
    ['the whole method', [[5]]],
    ['the reply', [[5, 0], []]],
    [
      'the whole reply',
      [
        [5, 0],
        [5, 0, 0, 3, 200, 1],
      ],
    ],
  ])('is not an end before %s', async (_, answers) => {
    const listener = await startScript(answers, (socket) => socket.end());
    await expect(dialThrough(listener)).rejects.toEqual(failure());
  });

  it.each([
    ['the method', '', [[]]],
    ['the status', 'a:b@', [[5, 2], [1]]],
    [
      'the reply',
      '',
      [
        [5, 0],
        [5, 0, 0, 1, 127],
      ],
    ],
  ])('may be nothing: an abort ends the wait for %s', async (_, credentials, answers) => {
    const [controller, reason] = [new AbortController(), new Error('enough')];
    const listener = await startScript(answers, () => setImmediate(() => controller.abort(reason)));
    const proxy = `socks5h://${credentials}127.0.0.1:${listener.port}`;
    await expect(dial(target, { proxy, signal: controller.signal })).rejects.toBe(reason);
    await expect.poll(() => listener.open).toBe(0);
  });
});

it('an abort ends the lookup of a name', async () => {
  const proxy = await startProxy();
  const [controller, reason] = [new AbortController(), new Error('enough')];
  const options = { proxy: `socks5://127.0.0.1:${proxy.port}`, signal: controller.signal };
  const attempt = dial({ ...target, hostname: 'a.invalid' }, options);
  controller.abort(reason);
  await expect(attempt).rejects.toBe(reason);
  await expect(dial({ ...target, hostname: 'a.invalid' }, options)).rejects.toBe(reason);
  expect(proxy.accepted).toBe(0);
});

it('the verdict does not depend on how the bytes are cut', () => {
  const negotiation = new Socks5Negotiation(
    { hostname: 'a.test', port: 258 },
    { username: 'u', password: 'pw' },
  );
  const bytes = [5, 2, 1, 0, 5, 0, 0, 3, 3, 97, 98, 99, 0, 80];
  const steps = bytes.map((byte) => negotiation.receive(Uint8Array.of(byte)));
  const wire = [negotiation.greeting, ...steps.flatMap((step) => (step.type === 'send' ? [step.bytes] : []))];
  expect(steps.map(({ type }) => type).filter((type) => type !== 'incomplete')).toEqual([
    'send',
    'send',
    'open',
  ]);
  expect(steps.at(-1)).toEqual({ type: 'open', rest: Buffer.alloc(0) });
  expect(wire.map((message) => [...message])).toEqual([
    [5, 2, 0, 2],
    [1, 1, 117, 2, 112, 119],
    [5, 1, 0, 3, 6, ...Buffer.from('a.test'), 1, 2],
  ]);
});
