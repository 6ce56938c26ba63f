import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import http from 'node:http';
import http2, { type ServerHttp2Stream } from 'node:http2';
import net, { type AddressInfo, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import tls from 'node:tls';

import { onTestFinished } from 'vitest';

import { Http2Transport } from '../../packages/ieum/src/node/http2/http2-transport.js';
import { HandleTransport } from '../../packages/ieum/src/node/transport/handle-transport.js';
import { type NativeHandles, nativeHandles } from '../../packages/ieum/src/node/transport/native-handle.js';
import { openTransport } from '../../packages/ieum/src/node/transport/open-transport.js';
import type { SocketAccess, Transport } from '../../packages/ieum/src/node/transport/transport.js';
import type { Certificates } from './certificates.js';
import { turns } from './transport-sink.js';

/** A transport that nothing was done with yet, and who is at the other end. */
export interface TransportPair {
  readonly transport: Transport;
  /** The socket beneath it; null when it never had one. */
  readonly near: Socket | null;
  readonly far: Socket;
  /** Resets the connection from the far end; null where there is no such thing. */
  readonly reset: (() => void) | null;
}

export interface TransportKind {
  readonly name: string;
  readonly isDirect: boolean;
  /** Whether it goes over TCP, so that it can be reset. */
  readonly isTcp: boolean;
  /** @param early what the far end has said, all of it, before the transport is made */
  connect(certificates: Certificates, early?: string): Promise<TransportPair>;
}

/** Every way in which a transport comes into being. */
export const transportKinds: readonly TransportKind[] = [
  accepted('tcp'),
  accepted('unix'),
  ...(['direct', 'public'] as const).flatMap((access) => [
    socketKind('tcp', access),
    socketKind('unix', access),
    socketKind('tls', access),
    upgraded(access),
    client(access),
  ]),
  http2Stream('server'),
  http2Stream('client'),
];

/** The way below `node:net`, which every Node that we test on has. */
export function requireNativeHandles(): NativeHandles {
  if (nativeHandles === null) throw new Error('this platform has no native handles');
  return nativeHandles;
}

/** A handle that a server accepted and that never becomes a socket. */
function accepted(network: 'tcp' | 'unix'): TransportKind {
  return {
    name: `an accepted handle (${network})`,
    isDirect: true,
    isTcp: network === 'tcp',
    async connect(_certificates, early) {
      const native = requireNativeHandles();
      const server = net.createServer();
      const where = await listen(server, network);
      const near = new Promise<Transport>((resolve) => {
        native.accept(server, (handle) => resolve(new HandleTransport(native, handle, null)));
      });
      const far = await dial(where, early);
      return pair(await near, null, far, network === 'tcp' ? far : null);
    },
  };
}

/** A socket as a server of `node:net` or `node:tls` emits it. */
function socketKind(network: 'tcp' | 'unix' | 'tls', access: SocketAccess): TransportKind {
  return {
    name: `a socket (${network}, ${access})`,
    isDirect: access === 'direct' && network !== 'tls',
    isTcp: network !== 'unix',
    async connect({ server: keyPair, authority }, early) {
      const isTls = network === 'tls';
      const options = { allowHalfOpen: true, noDelay: true };
      const server = isTls ? tls.createServer({ ...keyPair, ...options }) : net.createServer(options);
      const where = await listen(server, network);
      const emitted = once(server, isTls ? 'secureConnection' : 'connection');
      const raw = await dial(where, isTls ? undefined : early);
      const far = isTls ? tls.connect({ socket: raw, ca: authority.cert, host: '127.0.0.1' }) : raw;
      if (isTls) await once(far, 'secureConnect');
      if (isTls && early !== undefined) far.write(early);
      const [near] = (await emitted) as [Socket];
      await buffered(near, early);
      // `node:tls` takes a reset for an end when it comes in the turn in which the handshake was done.
      if (isTls) await turns(1);
      return pair(openTransport(near, access), near, far, network === 'unix' ? null : raw);
    },
  };
}

/** A socket on which `node:http` has read the head of a request to upgrade. */
function upgraded(access: SocketAccess): TransportKind {
  return {
    name: `a socket that was upgraded (${access})`,
    isDirect: access === 'direct',
    isTcp: true,
    async connect(_certificates, early) {
      const server = http.createServer();
      const where = await listen(server, 'tcp');
      const upgrade = once(server, 'upgrade');
      const far = await dial(where);
      far.write('GET / HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n');
      const [, near] = (await upgrade) as [unknown, Socket];
      if (early !== undefined) far.write(early);
      await buffered(near, early);
      return pair(openTransport(near, access), near, far, far);
    },
  };
}

/** The socket of who connected. */
function client(access: SocketAccess): TransportKind {
  return {
    name: `a client (${access})`,
    isDirect: access === 'direct',
    isTcp: true,
    async connect(_certificates, early) {
      const server = net.createServer({ allowHalfOpen: true });
      const where = await listen(server, 'tcp');
      const emitted = once(server, 'connection');
      const near = await dial(where);
      const [far] = (await emitted) as [Socket];
      if (early !== undefined) far.write(early);
      await buffered(near, early);
      return pair(openTransport(near, access), near, far, far);
    },
  };
}

/** A stream of an HTTP/2 connection, at either end; the other end is a duplex stream like a socket. */
function http2Stream(role: 'server' | 'client'): TransportKind {
  return {
    name: `a stream of HTTP/2 (${role})`,
    isDirect: false,
    isTcp: true,
    async connect(_certificates, early) {
      const server = http2.createServer();
      const where = (await listen(server, 'tcp')) as { port: number };
      const session = http2.connect(`http://127.0.0.1:${where.port}`);
      onTestFinished(() => session.destroy());
      const emitted = once(server, 'stream');
      const request = session.request({ ':method': 'POST' }, { endStream: false });
      const response = once(request, 'response');
      const [answer] = (await emitted) as [ServerHttp2Stream];
      answer.respond();
      await response;
      const [near, far] = role === 'server' ? [answer, request] : [request, answer];
      if (early !== undefined) far.write(early);
      near.on('error', () => {});
      if (early !== undefined && near.readableLength < early.length) await once(near, 'readable');
      // `node:http2` gives up a stream that nobody has begun to read when its server has ended it.
      far.read(0);
      const reset = () => far.close(http2.constants.NGHTTP2_CANCEL);
      far.destroy = () => {
        reset();
        return far;
      };
      return {
        ...pair(new Http2Transport(near), null, far as unknown as Socket, null),
        near: near as unknown as Socket,
        reset,
      };
    },
  };
}

function pair(transport: Transport, near: Socket | null, far: Socket, tcp: Socket | null): TransportPair {
  far.on('error', () => {});
  onTestFinished(() => {
    transport.destroy();
    far.destroy();
  });
  return { transport, near, far, reset: tcp === null ? null : () => tcp.resetAndDestroy() };
}

async function listen(server: Server, network: 'tcp' | 'unix' | 'tls'): Promise<net.NetConnectOpts> {
  onTestFinished(() => {
    server.close();
  });
  if (network === 'unix') {
    const folder = mkdtempSync(join(tmpdir(), 'ieum-transport-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    server.listen(join(folder, 'socket'));
  } else server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address() as AddressInfo | string;
  return typeof address === 'string' ? { path: address } : { port: address.port, host: '127.0.0.1' };
}

async function dial(where: net.NetConnectOpts, early?: string): Promise<Socket> {
  const socket = net.connect({ ...where, allowHalfOpen: true, noDelay: true } as net.NetConnectOpts);
  socket.on('error', () => {});
  onTestFinished(() => {
    socket.destroy();
  });
  await once(socket, 'connect');
  if (early !== undefined) socket.write(early);
  return socket;
}

/** Waits until the stream has read what was said early. */
async function buffered(socket: Socket, early: string | undefined): Promise<void> {
  socket.on('error', () => {});
  if (early !== undefined && socket.readableLength < early.length) await once(socket, 'readable');
}
