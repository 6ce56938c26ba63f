import { CompressedReplyReader } from './compressed-reply-reader.js';
import type { CompressionGrant } from './compression.js';
import { closeFrame, type LoadContext, patiently } from './load.js';
import { LoadConnection, type LoadConnectionHandlers } from './load-connection.js';
import type { Reel } from './reel.js';
import { ReplyReader, type ReplySource } from './reply-reader.js';

export interface ReplyHandlers {
  /** The opening handshake is done. */
  handleOpened(): void;
  /** So many replies arrived, one or more. May throw LoadFailure. */
  handleReplies(count: number): void;
}

/** A connection that gets the messages of a reel, and nothing else, until it is closed. */
export class ReplyConnection implements LoadConnectionHandlers {
  /** Whether the TCP connection is over. */
  isOver = false;
  readonly #context: LoadContext;
  readonly #handlers: ReplyHandlers;
  readonly #expected: Reel;
  readonly #connection: LoadConnection;
  /** Null until the connection is open. */
  #replies: ReplyReader | CompressedReplyReader | null = null;
  #isClosing = false;

  constructor(context: LoadContext, expected: Reel, handlers: ReplyHandlers) {
    this.#context = context;
    this.#handlers = handlers;
    this.#expected = expected;
    this.#connection = new LoadConnection(context.target, this);
  }

  /** Sends frames `first` to `first + count - 1`, in one write unless they are large. */
  sendRun(reel: Reel, first: number, count: number): void {
    if (count <= reel.maxRun) {
      this.#connection.write(reel.run(first, count));
      return;
    }
    const pieces: Buffer[] = [];
    for (let at = 0; at < count; at += reel.maxRun) {
      pieces.push(reel.run(first + at, Math.min(reel.maxRun, count - at)));
    }
    this.#connection.writeAll(pieces);
  }

  /** Sends a Close frame and ends our side. What still comes is not looked at. */
  close(): void {
    this.#isClosing = true;
    this.#connection.write(closeFrame);
    this.#connection.end();
  }

  handleOpened(grant: CompressionGrant | null): void {
    this.#replies = this.#createReader(grant);
    this.#handlers.handleOpened();
  }

  handleBytes(start: number, end: number): void {
    if (this.#isClosing || this.#replies === null) return;
    this.#context.tally.reads++;
    const count = this.#replies.receive(start, end);
    if (count > 0) this.#handlers.handleReplies(count);
  }

  handleEnd(): void {
    this.handleFailure('the server ended a connection without a Close frame');
  }

  handleFailure(reason: string): void {
    this.isOver = true;
    if (!this.#isClosing) this.#context.fail(reason);
  }

  #createReader(grant: CompressionGrant | null): ReplyReader | CompressedReplyReader {
    const { target, tally, knownReplies } = this.#context;
    const source: ReplySource = {
      expected: this.#expected,
      readBuffer: target.readBuffer,
      send: (frame) => this.#connection.write(frame),
    };
    if (grant === null) return new ReplyReader(source);
    return new CompressedReplyReader({
      ...source,
      ...grant,
      known: knownReplies,
      handlePlainReply: () => void tally.plainReplies++,
    });
  }
}

/** Closes connections and resolves when they are over, or it takes too long. */
export async function closeAll(connections: readonly ReplyConnection[]): Promise<void> {
  for (const connection of connections) connection.close();
  await patiently(() => connections.every(({ isOver }) => isOver));
}
