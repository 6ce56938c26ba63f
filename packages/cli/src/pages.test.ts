import { createServer, request } from 'node:http';

import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { type Listener, listen } from '../../../test/support/listener.js';
import type { ConsoleFile } from './console-files.js';
import { createPages } from './pages.js';

const page: ConsoleFile = {
  body: Buffer.from('<!doctype html>'),
  contentType: 'text/html; charset=utf-8',
  etag: '"abc"',
  cacheControl: 'no-cache',
};

let listener: Listener;
let isDraining = false;
let files = new Map<string, ConsoleFile>();

beforeEach(async () => {
  isDraining = false;
  files = new Map([['/', page]]);
  listener = await listen(
    createServer(createPages({ console: files, isDraining: () => isDraining, metrics: null })),
  );
});
afterEach(() => listener.close());

const ask = (path: string, init?: RequestInit) => fetch(`http://127.0.0.1:${listener.port}${path}`, init);

describe('pages', () => {
  test('a file has its type, its tag and what keeps a page safe', async () => {
    const response = await ask('/?query');
    expect(response.status).toBe(200);
    expect(await response.text()).toBe('<!doctype html>');
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'content-type': 'text/html; charset=utf-8',
      etag: '"abc"',
      'cache-control': 'no-cache',
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      'content-security-policy': expect.stringContaining("default-src 'self'; connect-src 'self' ws: wss:"),
    });
  });

  test.each(['"abc"', 'W/"abc"', '"x", "abc"', '*'])('who knows the tag as %s gets 304', async (tag) => {
    const response = await ask('/', { headers: { 'If-None-Match': tag } });
    expect(response.status).toBe(304);
    expect(response.headers.get('etag')).toBe('"abc"');
    expect(await response.text()).toBe('');
  });

  test('who knows another tag gets the file', async () => {
    expect((await ask('/', { headers: { 'If-None-Match': '"ab"' } })).status).toBe(200);
  });

  test('HEAD has the length and no body', async () => {
    const response = await ask('/', { method: 'HEAD' });
    expect(response.status).toBe(200);
    expect(response.headers.get('content-length')).toBe('15');
    expect(await response.text()).toBe('');
  });

  test.each(['POST', 'PUT', 'DELETE', 'OPTIONS'])('%s is not allowed', async (method) => {
    const response = await ask('/', { method });
    expect(response.status).toBe(405);
    expect(response.headers.get('allow')).toBe('GET, HEAD');
  });

  test.each(['/nothing', '/..%2fpackage.json', '/%2e%2e/package.json', '//', '/index.html/'])(
    '%s is not there',
    async (path) => {
      expect((await ask(path)).status).toBe(404);
    },
  );

  test('dots that a client leaves in lead nowhere', async () => {
    const status = await new Promise((resolve, reject) => {
      const asked = request({ port: listener.port, path: '/../../package.json' }, (response) => {
        response.resume();
        resolve(response.statusCode);
      });
      asked.on('error', reject).end();
    });
    expect(status).toBe(404);
  });

  test('a console that was not built says how to build it', async () => {
    files.clear();
    const response = await ask('/');
    expect(response.status).toBe(503);
    expect(await response.text()).toContain('npm run build');
  });

  test('probes tell a process that works from one that takes connections', async () => {
    const answers = async () => [(await ask('/healthz')).status, (await ask('/readyz')).status];
    expect(await answers()).toEqual([200, 200]);
    expect(await (await ask('/healthz')).text()).toBe('ok');
    isDraining = true;
    expect(await answers()).toEqual([200, 503]);
    expect((await ask('/healthz')).headers.get('connection')).toBe('close');
  });
});
