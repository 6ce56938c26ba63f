import { Buffer } from 'node:buffer';
import { once } from 'node:events';
import net, { type AddressInfo, type Server, type Socket } from 'node:net';

import { acceptFor, parseExtensionList } from 'ieum/core';

import { SloppyConnection } from './sloppy-connection.js';
import { chooseOffer, SloppyDeflate } from './sloppy-deflate.js';
import { type Head, hasBareLineFeed, parseHead, tokens } from './sloppy-head.js';
import type { Breaks } from './sloppy-switches.js';

/** A status, and fields to go with it. */
type Refusal = readonly [status: number, ...fields: string[]];

/** Listens on a free port, echoes, and breaks the rules that it is told to. */
export async function startSloppyServer(
  breaks: Breaks,
): Promise<{ url: string; close: () => Promise<void> }> {
  const sockets = new Set<Socket>();
  let isProbed = false;
  const server: Server = net.createServer((socket) => {
    sockets.add(socket);
    socket.setNoDelay(true);
    socket.on('error', () => {});
    socket.on('close', () => sockets.delete(socket));
    // The tester looks first whether there is a WebSocket at all.
    readRequest(socket, isProbed ? breaks : new Set());
    isProbed = true;
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    close: async () => {
      server.close();
      for (const socket of sockets) socket.destroy();
      await once(server, 'close');
    },
  };
}

function readRequest(socket: Socket, breaks: Breaks): void {
  let bytes = Buffer.alloc(0);
  const read = (chunk: Buffer): void => {
    bytes = Buffer.concat([bytes, chunk]);
    while (bytes.subarray(0, 2).toString() === '\r\n') bytes = bytes.subarray(2);
    const end = bytes.indexOf('\r\n\r\n');
    const isOneSegment = breaks.has('needs-request-in-one-segment');
    if (end === -1 && bytes.length < maxHeadBytes && !isOneSegment && !hasBareLineFeed(bytes)) return;
    socket.off('data', read);
    if (end === -1 || end > maxHeadBytes) {
      refuse(socket, [bytes.length < maxHeadBytes ? 400 : 431]);
      return;
    }
    answer(socket, { head: bytes.toString('latin1', 0, end), behind: bytes.subarray(end + 4) }, breaks);
  };
  socket.on('data', read);
}

function answer(
  socket: Socket,
  { head: text, behind }: { head: string; behind: Buffer },
  breaks: Breaks,
): void {
  const head = parseHead(text, breaks);
  const refusal: Refusal | null = head === null ? [400] : judgeRequest(head, breaks);
  if (head === null || refusal !== null) {
    refuse(socket, refusal ?? [400]);
    return;
  }
  const offers = parseExtensionList(head.all('sec-websocket-extensions')) ?? [];
  if (offers.length > 0 && breaks.has('refuses-extensions')) {
    refuse(socket, [400]);
    return;
  }
  const chosen = chooseOffer(offers, breaks);
  const isBadOffer = offers.some(({ name }) => name === 'permessage-deflate') && chosen === null;
  if (isBadOffer && breaks.has('refuses-bad-offers')) {
    refuse(socket, [400]);
    return;
  }
  const extension = chosen?.answer ?? (breaks.has('grants-unknown-extensions') ? offers[0]?.name : undefined);
  socket.write(responseText(head, extension, breaks));
  const deflate = chosen === null ? null : new SloppyDeflate(chosen.terms, breaks);
  const connection = new SloppyConnection({ socket, role: 'server', breaks, deflate });
  if (behind.length > 0 && !breaks.has('drops-what-follows-head')) connection.receive(behind);
}

function judgeRequest(head: Head, breaks: Breaks): Refusal | null {
  return (
    judgeLine(head, breaks) ?? judgeFields(head, breaks) ?? judgeKey(head, breaks) ?? judgeBody(head, breaks)
  );
}

function judgeLine({ startLine }: Head, breaks: Breaks): Refusal | null {
  const [, method = '', target = '', major = '', minor = ''] =
    /^([!#$%&'*+\-.^_`|~\w]+) ([!-~]+) HTTP\/(\d)\.(\d)$/.exec(startLine) ?? [];
  if (method === '') return [400];
  if (method !== 'GET' && !breaks.has('accepts-any-method')) return [405];
  if (Number(major) > 1) return [505];
  if ((major === '0' || minor === '0') && !breaks.has('accepts-http-1.0')) return [400];
  if (/^https?:\/\//i.test(target)) return breaks.has('knows-no-absolute-target') ? [400] : null;
  return target.startsWith('/') || breaks.has('accepts-any-target') ? null : [400];
}

function judgeFields(head: Head, breaks: Breaks): Refusal | null {
  const hosts = head.all('host');
  const [host = ''] = hosts;
  if (hosts.length === 0 && !breaks.has('accepts-no-host')) return [400];
  if (hosts.length > 1 && !breaks.has('accepts-two-hosts')) return [400];
  const isHost = /^(?:[\w.~-]+|\[[\da-fA-F:.]+\])(?::\d*)?$/.test(host);
  if (hosts.length > 0 && !isHost && !breaks.has('accepts-bad-hosts')) return [400];
  const upgrades = tokens(head.all('upgrade'));
  const isCase = breaks.has('upgrade-case-sensitive');
  const wanted = upgrades.some((name) => (isCase ? name : name.toLowerCase()) === 'websocket');
  const isOnly = !breaks.has('upgrade-whole-value') || upgrades.length === 1;
  if ((!wanted || !isOnly) && !breaks.has('accepts-no-upgrade')) return [400];
  const connections = tokens(head.all('connection'));
  const connects = connections.some((name) => name.toLowerCase() === 'upgrade');
  const isAlone = !breaks.has('connection-whole-value') || connections.length === 1;
  return (connects && isAlone) || breaks.has('accepts-no-connection') ? null : [400];
}

function judgeKey(head: Head, breaks: Breaks): Refusal | null {
  const versions = head.all('sec-websocket-version');
  if (versions.length > 1 && !breaks.has('accepts-two-versions')) return [400];
  const isRight = versions[0] === '13' || breaks.has('accepts-any-version');
  if (!isRight) {
    return [
      426,
      ...(breaks.has('refuses-without-upgrade') ? [] : ['Upgrade: websocket']),
      ...(breaks.has('refuses-without-version') ? [] : ['Sec-WebSocket-Version: 13']),
    ];
  }
  const keys = head.all('sec-websocket-key');
  if (keys.length === 0 || keys[0] === '') return breaks.has('accepts-no-key') ? null : [400];
  if (keys.length > 1 && !breaks.has('accepts-two-keys')) return [400];
  const isKey = /^[A-Za-z0-9+/]{22}==$/.test(keys[0] ?? '');
  return isKey || breaks.has('accepts-bad-keys') ? null : [400];
}

function judgeBody(head: Head, breaks: Breaks): Refusal | null {
  if (breaks.has('takes-bodies-for-frames')) return null;
  const lengths = head.all('content-length');
  const isBad = lengths.length > 1 || lengths.some((length) => !/^\d{1,15}$/.test(length));
  if (isBad) return breaks.has('accepts-bad-content-length') ? null : [400];
  return head.all('transfer-encoding').length > 0 || Number(lengths[0] ?? 0) > 0 ? [413] : null;
}

function responseText(head: Head, extension: string | undefined, breaks: Breaks): string {
  const right = acceptFor(head.all('sec-websocket-key')[0] ?? '');
  const accept = breaks.has('sends-wrong-accept') ? right.toLowerCase() : right;
  const subprotocol = breaks.has('grants-unasked-subprotocol') ? 'x-unasked' : undefined;
  const lines = [
    breaks.has('answers-200') ? 'HTTP/1.1 200 OK' : 'HTTP/1.1 101 Switching Protocols',
    ...(breaks.has('sends-no-upgrade') ? [] : ['Upgrade: websocket']),
    ...(breaks.has('sends-no-connection') ? [] : ['Connection: Upgrade']),
    ...(breaks.has('sends-no-accept') ? [] : [`Sec-WebSocket-Accept: ${accept}`]),
    ...(breaks.has('sends-accept-twice') ? [`Sec-WebSocket-Accept: ${accept}`] : []),
    ...(breaks.has('sends-content-length') ? ['Content-Length: 0'] : []),
    ...(breaks.has('reflects-request') ? [`X-Echo: ${head.all('x-reflect')[0] ?? ''}`] : []),
    ...(subprotocol === undefined ? [] : [`Sec-WebSocket-Protocol: ${subprotocol}`]),
    ...(extension === undefined ? [] : [`Sec-WebSocket-Extensions: ${extension}`]),
  ];
  return `${lines.join('\r\n')}\r\n\r\n`;
}

function refuse(socket: Socket, [status, ...fields]: Refusal): void {
  const lines = [`HTTP/1.1 ${status} No`, 'Connection: close', 'Content-Length: 0', ...fields];
  socket.end(`${lines.join('\r\n')}\r\n\r\n`);
  socket.resume();
}

const maxHeadBytes = 65_536;
