import { Buffer } from 'node:buffer';
import { randomBytes } from 'node:crypto';
import net, { type Socket } from 'node:net';

import { acceptFor, type ExtensionOffer, parseExtensionList } from 'ieum/core';

import { SloppyConnection } from './sloppy-connection.js';
import { readAnswer, SloppyDeflate } from './sloppy-deflate.js';
import { type Head, hasBareLineFeed, parseHead, tokens } from './sloppy-head.js';
import type { Breaks } from './sloppy-switches.js';

/** Goes through the case protocol of the tester, some cases at a time, and breaks the rules that it is told to. */
export async function driveSloppyClient(base: string, breaks: Breaks, concurrency = 8): Promise<void> {
  let text = '';
  await visit(`${base}/cases`, nothing, (payload) => {
    text = payload.toString();
  });
  const ids = JSON.parse(text) as string[];
  const work = async (): Promise<void> => {
    for (let id = ids.shift(); id !== undefined; id = ids.shift()) {
      await visit(`${base}/case/${id}?agent=sloppy`, breaks);
    }
  };
  await Promise.all(Array.from({ length: concurrency }, work));
  await visit(`${base}/done?agent=sloppy`, nothing, () => {});
}

/** One connection, to its end. */
async function visit(url: string, breaks: Breaks, handleMessage?: (payload: Buffer) => void): Promise<void> {
  const { hostname, port, host, pathname, search } = new URL(url);
  const socket = net.connect({ host: hostname, port: Number(port) });
  socket.setNoDelay(true);
  socket.on('error', () => {});
  const key = breaks.has('sends-short-key')
    ? randomBytes(15).toString('base64')
    : breaks.has('sends-known-key')
      ? 'dGhlIHNhbXBsZSBub25jZQ=='
      : randomBytes(16).toString('base64');
  socket.write(requestText({ host, target: pathname + search, key }, breaks));
  if (breaks.has('sends-before-response')) socket.write(Buffer.from([0x89, 0x80, 1, 2, 3, 4]));
  readResponse(socket, { key, breaks, handleMessage });
  await new Promise<void>((resolve) => void socket.on('close', () => resolve()));
}

function requestText(to: { host: string; target: string; key: string }, breaks: Breaks): string {
  const lines = [
    `${breaks.has('sends-post') ? 'POST' : 'GET'} ${to.target} HTTP/${breaks.has('sends-http-1.0') ? '1.0' : '1.1'}`,
    ...(breaks.has('sends-no-host') ? [] : [`Host: ${to.host}`]),
    ...(breaks.has('asks-no-upgrade') ? [] : ['Upgrade: websocket']),
    `Connection: ${breaks.has('asks-no-connection') ? 'keep-alive' : 'Upgrade'}`,
    `Sec-WebSocket-Key: ${to.key}`,
    ...(breaks.has('sends-no-version') ? [] : ['Sec-WebSocket-Version: 13']),
    ...(breaks.has('asks-twice-for-subprotocol') ? ['Sec-WebSocket-Protocol: x-one, x-one'] : []),
    `Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits${breaks.has('offers-malformed') ? ';;' : ''}`,
  ];
  return `${lines.join('\r\n')}\r\n\r\n`;
}

interface Opening {
  readonly key: string;
  readonly breaks: Breaks;
  readonly handleMessage: ((payload: Buffer) => void) | undefined;
}

function readResponse(socket: Socket, opening: Opening): void {
  const { key, breaks, handleMessage } = opening;
  let bytes = Buffer.alloc(0);
  const read = (chunk: Buffer): void => {
    bytes = Buffer.concat([bytes, chunk]);
    for (;;) {
      const end = bytes.indexOf('\r\n\r\n');
      const waits = bytes.length < maxHeadBytes && !breaks.has('needs-response-in-one-segment');
      if (end === -1 && waits && !hasBareLineFeed(bytes)) return;
      const head =
        end === -1 || end > maxHeadBytes ? null : parseHead(bytes.toString('latin1', 0, end), breaks);
      bytes = bytes.subarray(end + 4);
      if (head !== null && isInterim(head) && !breaks.has('knows-no-interim')) continue;
      socket.off('data', read);
      const deflate = head === null ? 'wrong' : judgeResponse(head, key, breaks);
      if (deflate === 'wrong') return void socket.destroy();
      const message = handleMessage === undefined ? {} : { handleMessage };
      const connection = new SloppyConnection({ socket, role: 'client', breaks, deflate, ...message });
      if (bytes.length > 0 && !breaks.has('drops-what-follows-head')) connection.receive(bytes);
      return;
    }
  };
  socket.on('data', read);
}

function isInterim({ startLine }: Head): boolean {
  return /^HTTP\/1\.1 1(?!01)\d\d /.test(startLine);
}

function judgeResponse(head: Head, key: string, breaks: Breaks): SloppyDeflate | null | 'wrong' {
  const isStatus = /^HTTP\/1\.1 101(?: |$)/.test(head.startLine) || breaks.has('accepts-any-status');
  const upgrades = head.all('upgrade');
  const isUpgrade = upgrades.length === 1 && upgrades[0]?.toLowerCase() === 'websocket';
  const connects = tokens(head.all('connection')).some((name) => name.toLowerCase() === 'upgrade');
  if (!isStatus) return 'wrong';
  if (!isUpgrade && !breaks.has('accepts-any-upgrade')) return 'wrong';
  if (!connects && !breaks.has('accepts-any-connection')) return 'wrong';
  if (!isAccept(head.all('sec-websocket-accept'), acceptFor(key), breaks)) return 'wrong';
  const subprotocols = head.all('sec-websocket-protocol');
  if (subprotocols.length > 0 && !breaks.has('accepts-any-subprotocol')) return 'wrong';
  const extensions = parseExtensionList(head.all('sec-websocket-extensions'));
  if (extensions === null) return breaks.has('accepts-malformed-extensions') ? null : 'wrong';
  return agreedDeflate(extensions, breaks);
}

function isAccept(accepts: readonly string[], right: string, breaks: Breaks): boolean {
  if (breaks.has('accepts-no-accept') && accepts.length === 0) return true;
  if (breaks.has('accepts-any-accept')) return accepts.length > 0;
  if (breaks.has('takes-first-accept')) return accepts[0] === right;
  const [value = ''] = accepts;
  const isSame = breaks.has('accept-case-insensitive')
    ? value.toLowerCase() === right.toLowerCase()
    : value === right;
  return accepts.length === 1 && isSame;
}

function agreedDeflate(
  extensions: readonly ExtensionOffer[],
  breaks: Breaks,
): SloppyDeflate | null | 'wrong' {
  if (extensions.length === 0) return null;
  const terms = readAnswer(extensions, breaks);
  if (terms !== null) return new SloppyDeflate(terms, breaks);
  return breaks.has('accepts-any-extension') ? null : 'wrong';
}

const nothing: Breaks = new Set();
const maxHeadBytes = 65_536;
