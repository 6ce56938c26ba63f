import { fileURLToPath } from 'node:url';

import type { BrowserContext, Page } from 'playwright-core';

import type { ForeignClose, ForeignConnection } from './foreign.js';
import { Mailbox } from './mailbox.js';

const pageScript = fileURLToPath(new URL('page.js', import.meta.url));

/** A page of a browser, whose script connects. */
export class PageClient {
  readonly #page: Page;
  #report: (word: string, first: string, second: string) => void = () => {};

  /** @param origin where the page comes from */
  static async open(context: BrowserContext, origin: string): Promise<PageClient> {
    const page = await context.newPage();
    const client = new PageClient(page);
    await page.addInitScript({ path: pageScript });
    await page.exposeFunction('report', (word: string, first: string, second: string) =>
      client.#report(word, first, second),
    );
    await page.goto(origin);
    return client;
  }

  constructor(page: Page) {
    this.#page = page;
  }

  /** Rejects with the close that a page is told of when it is not connected. */
  async connect(url: string, subprotocols: readonly string[] = []): Promise<ForeignConnection> {
    const messages = new Mailbox<string | Uint8Array>();
    const closes = new Mailbox<ForeignClose>();
    const opened = new Promise<string>((resolve, reject) => {
      this.#report = (word, first, second) => {
        if (word === 'open') resolve(first);
        if (word === 'text') messages.put(Buffer.from(first, 'base64').toString());
        if (word === 'binary') messages.put(Buffer.from(first, 'base64'));
        if (word !== 'closed') return;
        reject({ code: Number(first), reason: second });
        closes.put({ code: Number(first), reason: second });
      };
    });
    await this.#call('open', url, subprotocols);
    return {
      subprotocol: await opened,
      send: (data) =>
        void this.#call(
          'send',
          typeof data === 'string' ? 'text' : 'binary',
          Buffer.from(data as string).toString('base64'),
        ),
      close: (code, reason) => void this.#call('close', code, reason),
      nextMessage: () => messages.next(),
      nextClose: () => closes.next(),
    };
  }

  stop(): Promise<void> {
    return this.#page.close();
  }

  async #call(name: string, ...args: readonly unknown[]): Promise<void> {
    await this.#page.evaluate(`conversation.${name}(...${JSON.stringify(args)})`);
  }
}
