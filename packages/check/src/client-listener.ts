import { Buffer } from 'node:buffer';
import { once } from 'node:events';
import http2 from 'node:http2';
import net, { type AddressInfo, type Server, type Socket } from 'node:net';
import tls from 'node:tls';

import type { Carrier } from './case.js';
import type { Caller } from './judge-client.js';
import { http1Server, takeRequest } from './opening/http1-opening.js';
import { http2Caller } from './opening/http2-opening.js';
import { Arrivals } from './wire/arrivals.js';
import { StreamTransport } from './wire/byte-transport.js';
import { resetSocket } from './wire/connect-transport.js';
import { Sender } from './wire/sender.js';
import { WireLog } from './wire/wire-log.js';

/** Where clients come to. */
export interface ListenOptions {
  readonly carrier: Carrier;
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  /** A certificate and its key; without them connections are not secured. */
  readonly tls?: { readonly cert: string | Uint8Array; readonly key: string | Uint8Array } | undefined;
}

/** Listens, and hands over each client whose request has been read. */
export class ClientListener {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #options: ListenOptions;

  constructor(options: ListenOptions, handleCaller: (caller: Caller) => void) {
    this.#options = options;
    this.#server =
      options.carrier === 'http1'
        ? http1Listener(options, handleCaller)
        : http2Listener(options, handleCaller);
    this.#server.on('connection', (socket: Socket) => {
      this.#sockets.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => this.#sockets.delete(socket));
    });
  }

  /** @returns the URL that clients connect to, without a path. @throws the system's error */
  async listen(): Promise<string> {
    const { host, port } = this.#options;
    this.#server.listen({ host, port });
    await once(this.#server, 'listening');
    const { port: actualPort } = this.#server.address() as AddressInfo;
    const scheme = this.#options.tls === undefined ? 'ws' : 'wss';
    return `${scheme}://${host.includes(':') ? `[${host}]` : host}:${actualPort}`;
  }

  /** Ends every connection. */
  async close(): Promise<void> {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
    if (this.#server.listening) await once(this.#server, 'close');
  }
}

function http1Listener({ tls: keys }: ListenOptions, handleCaller: (caller: Caller) => void): Server {
  const secureContext = keys === undefined ? null : tls.createSecureContext(keysOf(keys));
  const wrap = (raw: Socket): Socket =>
    secureContext === null
      ? raw
      : new tls.TLSSocket(raw, { isServer: true, secureContext, ALPNProtocols: ['http/1.1'] });
  return net.createServer({ allowHalfOpen: true, noDelay: true }, (raw) => {
    const stream = wrap(raw);
    void readCaller(stream, raw).then((caller) => {
      if (caller === null) stream.destroy();
      else handleCaller(caller);
    });
  });
}

async function readCaller(stream: Socket, raw: Socket): Promise<Caller | null> {
  const log = new WireLog();
  const transport = new StreamTransport(stream, { reset: () => resetSocket(raw) });
  const arrivals = new Arrivals(transport, log);
  const sender = new Sender(transport, log, false);
  const request = await arrivals.wait(
    () => takeRequest(arrivals, log) ?? (arrivals.end === null ? null : 'ended'),
    requestTimeoutMs,
  );
  if (request === null || request === 'ended') return null;
  const opening = http1Server(request, { arrivals, sender, log });
  return { request, transport, arrivals, sender, log, opening };
}

function http2Listener({ tls: keys }: ListenOptions, handleCaller: (caller: Caller) => void): Server {
  const settings = { enableConnectProtocol: true, initialWindowSize: windowBytes };
  const server =
    keys === undefined
      ? http2.createServer({ settings })
      : http2.createSecureServer({ ...keysOf(keys), settings });
  server.on('sessionError', () => {});
  server.on('session', (session) => session.setLocalWindowSize(windowBytes));
  server.on('stream', (stream, headers) => handleCaller(http2Caller(stream, headers)));
  return server as Server;
}

function keysOf({ cert, key }: NonNullable<ListenOptions['tls']>): { cert: Buffer; key: Buffer } {
  return { cert: Buffer.from(cert as string), key: Buffer.from(key as string) };
}

const requestTimeoutMs = 10_000;
/** What a peer may send before the tester has read: a small window would slow down large messages. */
const windowBytes = 16 * 1024 ** 2;
