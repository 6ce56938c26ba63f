import { answerPatienceMs, type Load, type LoadContext, openAll } from './load.js';
import { LoadFailure } from './load-failure.js';
import { Reel } from './reel.js';
import { closeAll, ReplyConnection } from './reply-connection.js';

/** Opens connections, has messages echoed on each, and then only keeps them: Pings are answered. */
export class IdleLoad implements Load {
  /** Connections that have their first echo. */
  opened = 0;
  readonly outstanding = 0;
  readonly outstandingNoun = 'messages';
  readonly intervalUs = null;
  readonly #context: LoadContext;
  readonly #connections: ReplyConnection[] = [];
  readonly #sent: Reel;
  readonly #expected: Reel;
  /** How many messages each connection has echoed so far. */
  readonly #echoes: number[] = [];
  /** Null until all connections are open. */
  #handleExchanged: (() => void) | null = null;

  constructor(context: LoadContext) {
    this.#context = context;
    this.#sent = Reel.toSend(context.job.plan, 1);
    this.#expected = Reel.toReceive(context.job.plan);
  }

  async open(): Promise<void> {
    await openAll(this.#context, (index, handleOpened) => {
      this.#echoes.push(0);
      const connection = new ReplyConnection(this.#context, this.#expected, {
        handleOpened: () => connection.sendRun(this.#sent, 0, 1),
        handleReplies: (count) => this.#receiveEchoes(index, count, handleOpened),
      });
      this.#connections.push(connection);
    });
    if (this.#messageCount > 1) await this.#exchange();
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

  get #messageCount(): number {
    return this.#context.job.plan.idleMessages;
  }

  /** Has the other messages echoed, on all connections side by side, one after the other on each. */
  #exchange(): Promise<void> {
    return new Promise((resolve) => {
      const { tally } = this.#context;
      let before = -1;
      const watch = setInterval(() => {
        if (tally.messages === before) this.#context.fail(`no echo came within ${answerPatienceMs / 1000} s`);
        before = tally.messages;
      }, answerPatienceMs);
      this.#handleExchanged = () => {
        clearInterval(watch);
        resolve();
      };
      for (const connection of this.#connections) connection.sendRun(this.#sent, 1, 1);
    });
  }

  #receiveEchoes(index: number, count: number, handleOpened: () => void): void {
    const echoes = (this.#echoes[index] as number) + count;
    const isOpening = this.#handleExchanged === null;
    if (count > 1 || echoes > (isOpening ? 1 : this.#messageCount)) {
      throw new LoadFailure('the server sent more replies than it got messages');
    }
    this.#echoes[index] = echoes;
    this.#context.tally.messages++;
    if (isOpening) {
      this.opened++;
      handleOpened();
    } else if (echoes < this.#messageCount) this.#connections[index]?.sendRun(this.#sent, echoes, 1);
    else if (this.#context.tally.messages === this.#messageCount * this.#connections.length) {
      this.#handleExchanged?.();
    }
  }
}
