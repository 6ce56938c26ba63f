import { expect, it } from 'vitest';

import { parseProxy } from './proxy-server.js';

it.each([
  ['http://proxy.test', 'http://proxy.test:80', undefined],
  ['https://proxy.test', 'https://proxy.test:443', undefined],
  ['https://proxy.test:80', 'https://proxy.test:80', undefined],
  ['socks5://proxy.test', 'socks5://proxy.test:1080', undefined],
  ['socks5h://proxy.test:1081', 'socks5h://proxy.test:1081', undefined],
  ['SOCKS5://proxy.test', 'socks5://proxy.test:1080', undefined],
  ['proxy.test:3128', 'http://proxy.test:3128', undefined],
  ['me:secret@proxy.test:3128', 'http://proxy.test:3128', ['me', 'secret']],
  [' http://proxy.test/ ', 'http://proxy.test:80', undefined],
  ['http://proxy.test/path?query#fragment', 'http://proxy.test:80', undefined],
  ['http://[::1]:3128', 'http://[::1]:3128', undefined],
  ['socks5://[::1]', 'socks5://[::1]:1080', undefined],
  ['http://me:secret@proxy.test', 'http://proxy.test:80', ['me', 'secret']],
  ['http://me@proxy.test', 'http://proxy.test:80', ['me', '']],
  ['http://m%40e:%3A%25%C3%A9@proxy.test', 'http://proxy.test:80', ['m@e', ':%é']],
  [`socks5://${'u'.repeat(255)}:${'p'.repeat(255)}@a`, 'socks5://a:1080', ['u'.repeat(255), 'p'.repeat(255)]],
])('%j is understood', (value, name, credentials) => {
  const [username, password] = credentials ?? [];
  expect(parseProxy(value)).toEqual({
    type: 'proxy',
    proxy: expect.objectContaining({
      name,
      credentials: credentials === undefined ? undefined : { username, password },
    }),
  });
});

it('takes a URL object as it is', () => {
  expect(parseProxy(new URL('socks5h://proxy.test:9'))).toMatchObject({
    proxy: { scheme: 'socks5h', hostname: 'proxy.test', port: 9 },
  });
});

it.each([
  ['nothing', ''],
  ['no host', 'http://'],
  ['no SOCKS host', 'socks5://'],
  ['an unknown scheme', 'ftp://proxy.test'],
  ['SOCKS4', 'socks4://proxy.test'],
  ['port 0', 'http://proxy.test:0'],
  ['a port beyond the range', 'http://proxy.test:65536'],
  ['a broken percent escape', 'http://%zz@proxy.test'],
  ['an escape that is not UTF-8', 'http://%ff@proxy.test'],
  ['a colon in a Basic username', 'http://a%3Ab:c@proxy.test'],
  ['a SOCKS password alone', 'socks5://:secret@proxy.test'],
  ['a SOCKS username of 256 bytes', `socks5://${'%C3%A9'.repeat(128)}@proxy.test`],
  ['a SOCKS password of 256 bytes', `socks5://u:${'p'.repeat(256)}@proxy.test`],
])('%s is refused', (_, value) => {
  expect(parseProxy(value).type).toBe('invalid');
});
