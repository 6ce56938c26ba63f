import { Buffer } from 'node:buffer';
import type { IncomingHttpHeaders, OutgoingHttpHeaders, ServerHttp2Stream } from 'node:http2';

import { HeaderFields } from 'ieum/core';

import { Arrivals } from '../wire/arrivals.js';
import { type Http2ClientTransport, streamTransport } from '../wire/http2-transport.js';
import { Sender } from '../wire/sender.js';
import { WireLog } from '../wire/wire-log.js';

import type { RequestHead, ResponseHead } from './head.js';
import { changedFields, type OpeningChanges } from './opening-changes.js';
import { type Asked, askedBy, type RequestTarget } from './opening-request.js';
import type { ClientSide, ServerSide } from './opening-side.js';

/** The tester opens over HTTP/2: extended CONNECT (RFC 8441 §4, §5). */
export function http2Client(to: RequestTarget, transport: Http2ClientTransport, log: WireLog): ClientSide {
  let asked: Asked = { key: null, subprotocols: [], extensions: [] };
  let response: ResponseHead | null = null;
  return {
    role: 'client',
    isSuccess,
    get asked() {
      return asked;
    },
    encode: notInPieces,
    send: (changes) => {
      const { headers, fields } = requestFields(to, changes);
      asked = askedBy(fields);
      log.sent(`HTTP/2 request\n${linesOf(headers)}`, nothing);
      const stream = transport.request(headers);
      stream.on('response', (received) => {
        response = { status: received[':status'] ?? 0, startLine: '', headers: fieldsOf(received) };
        log.received(`HTTP/2 response\n${linesOf(received)}`, nothing);
        transport.wake();
      });
      if (changes.body !== undefined) transport.write(Buffer.from(changes.body as string));
    },
    takeResponse: () => response,
  };
}

/** A client that has opened a stream, its request not answered. */
export function http2Caller(
  stream: ServerHttp2Stream,
  headers: IncomingHttpHeaders,
): {
  request: RequestHead;
  transport: ReturnType<typeof streamTransport>;
  arrivals: Arrivals;
  sender: Sender;
  log: WireLog;
  opening: ServerSide;
} {
  const log = new WireLog();
  log.received(`HTTP/2 request\n${linesOf(headers)}`, nothing);
  const transport = streamTransport(stream);
  const arrivals = new Arrivals(transport, log);
  const sender = new Sender(transport, log, false);
  const request: RequestHead = {
    method: String(headers[':method'] ?? ''),
    target: String(headers[':path'] ?? ''),
    startLine: '',
    headers: fieldsOf(headers),
  };
  const opening: ServerSide = {
    role: 'server',
    request,
    encode: notInPieces,
    send: (changes) => {
      const answer = responseFields(changes);
      log.sent(`HTTP/2 response\n${linesOf(answer)}`, nothing);
      if (!stream.destroyed && !stream.headersSent) stream.respond(answer, { endStream: false });
      if (changes.body !== undefined) transport.write(Buffer.from(changes.body as string));
    },
  };
  return { request, transport, arrivals, sender, log, opening };
}

function requestFields(to: RequestTarget, changes: OpeningChanges) {
  const fields = changedFields([['sec-websocket-version', '13'], ...to.headers], changes.headers);
  const pseudo = {
    ':method': changes.method ?? 'CONNECT',
    ':protocol': 'websocket',
    ':scheme': to.secure ? 'https' : 'http',
    ':authority': to.authority,
    ':path': changes.target ?? to.target,
    ...changes.pseudo,
  };
  return { fields, headers: { ...withoutNulls(pseudo), ...gathered(fields) } };
}

function responseFields(changes: OpeningChanges): OutgoingHttpHeaders {
  const status = changes.status === undefined || changes.status === 101 ? 200 : changes.status;
  const { Upgrade, Connection, 'Sec-WebSocket-Accept': accept, ...headers } = changes.headers ?? {};
  return { ':status': status, ...gathered(changedFields([], headers)) };
}

/** Repeated fields as lists, names in lower case as HTTP/2 wants them. */
function gathered(fields: readonly (readonly [string, string])[]): OutgoingHttpHeaders {
  const headers: Record<string, string[]> = {};
  for (const [name, value] of fields) {
    const lowerName = name.toLowerCase();
    headers[lowerName] = [...(headers[lowerName] ?? []), value];
  }
  return Object.fromEntries(
    Object.entries(headers).map(([name, values]) => [name, values.length === 1 ? values[0] : values]),
  );
}

function withoutNulls(pseudo: Readonly<Record<string, string | null>>): Record<string, string> {
  const entries = Object.entries(pseudo).filter((entry): entry is [string, string] => entry[1] !== null);
  return Object.fromEntries(entries);
}

function fieldsOf(headers: IncomingHttpHeaders): HeaderFields {
  return new HeaderFields(
    Object.entries(headers).flatMap(([name, value]) =>
      name.startsWith(':') ? [] : [value ?? ''].flat().map((one): [string, string] => [name, one]),
    ),
  );
}

function linesOf(headers: OutgoingHttpHeaders): string {
  return Object.entries(headers)
    .map(([name, value]) => `${name}: ${[value].flat().join(', ')}`)
    .join('\n');
}

function isSuccess(status: number): boolean {
  return status >= 200 && status < 300;
}

function notInPieces(): never {
  throw new Error('an opening handshake of HTTP/2 cannot be encoded by itself');
}

const nothing = Buffer.alloc(0);
