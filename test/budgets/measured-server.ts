import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** What the server's process tells of itself. */
export interface Figures {
  readonly heapBytes: number;
  /** Memory of ArrayBuffers, which is not in the heap. */
  readonly bufferBytes: number;
  readonly cpuMicros: number;
  /** Garbage collections before the other figures were taken, and after. */
  readonly collectionsBefore: number;
  readonly collectionsAfter: number;
  readonly timersMade: number;
  readonly timersAlive: number;
}

export interface Question {
  /** Collects garbage first. */
  readonly collects?: boolean;
  /** Counts timers from now on; everything else becomes slower. */
  readonly countsTimers?: boolean;
}

/** What happened in the server's process meanwhile. */
export interface Difference {
  readonly heapBytes: number;
  readonly bufferBytes: number;
  readonly cpuMicros: number;
  /** Whether garbage may have been collected, so that the bytes say nothing about what was allocated. */
  readonly hasCollected: boolean;
}

export const accesses = ['direct', 'public'] as const;
export type Access = (typeof accesses)[number];

export type ServerKind = Access | 'ws';

/** A server in a process of its own: the built ieum with this socket access, or `ws`. */
export class MeasuredServer {
  readonly port: number;
  readonly #child: ChildProcess;
  readonly #exited: Promise<unknown>;

  private constructor(child: ChildProcess, port: number) {
    this.#child = child;
    this.#exited = once(child, 'exit');
    this.port = port;
  }

  static async start(kind: ServerKind, flags: readonly string[] = []): Promise<MeasuredServer> {
    const name = kind === 'ws' ? 'ws' : 'ieum';
    const program = fileURLToPath(new URL(`./servers/${name}.mjs`, import.meta.url));
    const { MEASURED_FLAGS = '' } = process.env;
    const execArgv = [...flags, ...MEASURED_FLAGS.split(' ').filter((flag) => flag !== '')];
    const child = fork(program, [kind], { execArgv });
    const { port } = (await replyOf(child)) as { port: number };
    return new MeasuredServer(child, port);
  }

  /** Starts a server in whose process garbage is only collected when it is asked to, runs `work` and ends it. */
  static async use<Result>(
    access: Access,
    work: (server: MeasuredServer) => Promise<Result>,
  ): Promise<Result> {
    const server = await MeasuredServer.start(access, uncollected);
    try {
      return await work(server);
    } finally {
      await server.end();
    }
  }

  async figures(question: Question = {}): Promise<Figures> {
    this.#child.send(question);
    return (await replyOf(this.#child)) as Figures;
  }

  async during(work: () => Promise<unknown>): Promise<Difference> {
    const before = await this.figures();
    await work();
    const after = await this.figures();
    return {
      heapBytes: after.heapBytes - before.heapBytes,
      bufferBytes: after.bufferBytes - before.bufferBytes,
      cpuMicros: after.cpuMicros - before.cpuMicros,
      hasCollected: after.collectionsAfter > before.collectionsBefore,
    };
  }

  async end(): Promise<void> {
    if (this.#child.connected) this.#child.disconnect();
    await this.#exited;
  }
}

async function replyOf(child: ChildProcess): Promise<unknown> {
  const ending = new AbortController();
  const { signal } = ending;
  const exited = once(child, 'exit', { signal }).then(([status]) => {
    throw new Error(`The server's process ended with ${status}`);
  });
  try {
    const [reply] = await Promise.race([once(child, 'message', { signal }), exited]);
    return reply;
  } finally {
    exited.catch(() => {});
    ending.abort();
  }
}

/** The young generation is so large that nothing need be collected in it while we measure. */
const uncollected = ['--expose-gc', '--min-semi-space-size=128', '--max-semi-space-size=128'];
