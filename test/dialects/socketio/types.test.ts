import { Server, type ServerOptions, type Socket } from 'ieum/dialects/socketio';
import { createHub } from 'ieum/hub';
import { expect, expectTypeOf, test } from 'vitest';

interface ClientToServer {
  add: (a: number, b: number, answer: (sum: number) => void) => void;
  note: (text: string) => void;
}

interface ServerToClient {
  sum: (value: number) => void;
  ask: (question: string, answer: (text: string) => void) => void;
}

interface BetweenServers {
  ping: (from: string, answer: (at: number) => void) => void;
}

interface Data {
  name: string;
}

type TypedServer = Server<ClientToServer, ServerToClient, BetweenServers, Data>;

/** Never called: what it says is for the compiler. */
async function typed(io: TypedServer): Promise<void> {
  io.on('connection', (socket) => {
    expectTypeOf(socket).toEqualTypeOf<Socket<ClientToServer, ServerToClient, BetweenServers, Data>>();
    expectTypeOf(socket.data.name).toBeString();
    socket.on('add', (a, b, answer) => {
      expectTypeOf(a).toBeNumber();
      answer(a + b);
      // @ts-expect-error an answer is a number
      answer('3');
    });
    socket.on('disconnect', (reason) => expectTypeOf(reason).toBeString());
    // @ts-expect-error no client sends this
    socket.on('sum', () => {});
    socket.emit('sum', 1);
    // @ts-expect-error a sum is a number
    socket.emit('sum', 'one');
    // @ts-expect-error no server sends this
    socket.emit('note', 'x');
    socket.timeout(5).emit('ask', 'how', (error, text) => {
      expectTypeOf(error).toEqualTypeOf<Error | null>();
      expectTypeOf(text).toBeString();
    });
  });
  io.emit('sum', 1);
  io.to('x').except('y').volatile.emit('sum', 1);
  // @ts-expect-error a sum is a number
  io.to('x').emit('sum', true);
  io.timeout(5).emit('ask', 'how', (error, texts) => {
    expectTypeOf(error).toEqualTypeOf<Error | null>();
    expectTypeOf(texts).toEqualTypeOf<string[]>();
  });
  expectTypeOf(await io.emitWithAck('ask', 'how')).toEqualTypeOf<string[]>();
  const [remote] = await io.fetchSockets();
  expectTypeOf(remote?.data).toEqualTypeOf<Data | undefined>();
  if (remote !== undefined) expectTypeOf(await remote.emitWithAck('ask', 'how')).toBeString();
  io.serverSideEmit('ping', 'a', (error, at) => {
    expectTypeOf(error).toEqualTypeOf<Error | null>();
    expectTypeOf(at).toEqualTypeOf<number[]>();
  });
  io.on('ping', (from, answer) => answer(from.length));
  io.of('/other').use((socket, next) => next(socket.data.name === '' ? new Error('who') : undefined));
}

test('events are typed as Socket.IO types them, and open without types', async () => {
  expect(typed).toBeTypeOf('function');
  const hub = createHub<{ readonly id: number }>({ topics: { 'chat/*': {} } });
  await hub.open();
  const errors: unknown[] = [];
  const io = new Server({ hub, reportError: (error) => errors.push(error) } satisfies ServerOptions);
  io.on('connection', (socket) => socket.on('anything', (a, b) => socket.emit('else', a.b.c, b)));
  await expect(io.ready).rejects.toMatchObject({ code: 'ERR_HUB_UNKNOWN_TOPIC' });
  expect(errors).toHaveLength(1);
  await io.close();
  await hub.close();
});

test.each<[string, object]>([
  ['a hub that is none', { hub: {} }],
  ['a timeout of nothing', { connectTimeout: 0 }],
  ['a path that is none', { path: 'socket.io' }],
  ['another transport', { transports: ['webtransport'] }],
  ['everybody with cookies', { cors: { origin: '*', credentials: true } }],
])('%s is refused', (_what, options) => {
  expect(() => new Server(options as ServerOptions)).toThrow(
    expect.objectContaining({ code: 'ERR_WS_INVALID_OPTION' }),
  );
});

test('a namespace has a name that clients can ask for', async () => {
  const io = new Server();
  for (const name of ['/a,b', `/${'x'.repeat(300)}`]) {
    expect(() => io.of(name)).toThrow(expect.objectContaining({ code: 'ERR_WS_INVALID_OPTION' }));
  }
  expect(io.of('plain')).toBe(io.of('/plain'));
  await io.close();
});
