import { type Load, type LoadContext, openAll } from './load.js';
import { LoadFailure } from './load-failure.js';
import { Reel } from './reel.js';
import { closeAll, ReplyConnection } from './reply-connection.js';

/** Opens connections, has one message echoed on each, and then only keeps them: Pings are answered. */
export class IdleLoad implements Load {
  /** Connections that have their echo. */
  opened = 0;
  readonly outstanding = 0;
  readonly outstandingNoun = 'messages';
  readonly intervalUs = null;
  readonly #context: LoadContext;
  readonly #connections: ReplyConnection[] = [];
  readonly #sent: Reel;
  readonly #expected: Reel;

  constructor(context: LoadContext) {
    this.#context = context;
    this.#sent = Reel.toSend(context.job.plan, 1);
    this.#expected = Reel.toReceive(context.job.plan);
  }

  open(): Promise<void> {
    return openAll(this.#context, (_, handleOpened) => {
      let echoes = 0;
      const connection = new ReplyConnection(this.#context, this.#expected, {
        handleOpened: () => connection.sendRun(this.#sent, 0, 1),
        handleReplies: (count) => {
          echoes += count;
          if (echoes > 1) throw new LoadFailure('the server sent more replies than it got messages');
          this.opened++;
          handleOpened();
        },
      });
      this.#connections.push(connection);
    });
  }

  begin(): void {}
  turn(): void {}
  hear(): void {}

  stop(): number {
    return 0;
  }

  close(): Promise<void> {
    return closeAll(this.#connections);
  }
}
