import { createServer, type Socket } from 'node:net';

import { type Listener, listen } from './listener.js';
import { connectLoopback, join } from './tunnel.js';

export interface SocksProxyOptions {
  /** `username:password` to insist on. */
  readonly credentials?: string;
}

export interface SocksProxy extends Listener {
  /** What clients asked for, in order: the type of address, the address, the port. */
  readonly destinations: readonly SocksDestination[];
}

export type SocksDestination = readonly ['ipv4' | 'domain' | 'ipv6', string, number];

/** Starts a SOCKS5 proxy. To it every name and address is 127.0.0.1; it replies 5 where nobody listens. */
export async function startSocksProxy({ credentials }: SocksProxyOptions = {}): Promise<SocksProxy> {
  const destinations: SocksDestination[] = [];
  const server = createServer(async (socket) => {
    socket.setNoDelay(true).on('error', () => {});
    const take = reader(socket);
    if (!(await greet(socket, take, credentials))) return void socket.end();
    const destination = await readRequest(take);
    destinations.push(destination);
    const far = await connectLoopback(destination[2]);
    const reply = far === undefined ? 5 : 0;
    socket.write(Uint8Array.of(5, reply, 0, 1, 127, 0, 0, 1, 0, 0));
    if (far === undefined) socket.end();
    else join(socket, far);
  });
  return Object.assign(await listen(server), { destinations });
}

type Take = (length: number) => Promise<Buffer>;

/** Method selection and, if there are credentials, their check (RFC 1928 §3, RFC 1929). */
async function greet(socket: Socket, take: Take, credentials: string | undefined): Promise<boolean> {
  const [, methodCount = 0] = await take(2);
  const method = credentials === undefined ? 0 : 2;
  const isOffered = (await take(methodCount)).includes(method);
  socket.write(Uint8Array.of(5, isOffered ? method : 0xff));
  if (!isOffered || credentials === undefined) return isOffered;
  const [, usernameLength = 0] = await take(2);
  const username = await take(usernameLength);
  const [passwordLength = 0] = await take(1);
  const isRight = `${username}:${await take(passwordLength)}` === credentials;
  socket.write(Uint8Array.of(1, isRight ? 0 : 1));
  return isRight;
}

async function readRequest(take: Take): Promise<SocksDestination> {
  const [, , , type] = await take(4);
  const readPort = async () => (await take(2)).readUInt16BE();
  if (type === 1) return ['ipv4', [...(await take(4))].join('.'), await readPort()];
  if (type === 4) return ['ipv6', (await take(16)).toString('hex'), await readPort()];
  const [nameLength = 0] = await take(1);
  return ['domain', (await take(nameLength)).toString(), await readPort()];
}

/** Reads exact lengths; never resolves once the client is gone. */
function reader(socket: Socket): Take {
  return async (length) => {
    if (length === 0) return Buffer.alloc(0);
    for (;;) {
      const bytes: Buffer | null = socket.read(length);
      if (bytes !== null) return bytes;
      await new Promise((resolve) => socket.once('readable', resolve));
    }
  };
}
