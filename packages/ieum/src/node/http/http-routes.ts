import type { HttpHandler } from '../../channel/http-exchange.js';
import { UsageError } from '../../core/errors.js';
import { requireObject } from '../../core/option-check.js';

/** Handlers by path: `/sockjs/info` stands for that path, `/sockjs/*` for all that begin with `/sockjs/`; the longest match wins. */
export type HttpHandlers = Readonly<Record<string, HttpHandler>>;

/** Which handler answers requests for a path. */
export class HttpRoutes {
  readonly #exact = new Map<string, HttpHandler>();
  /** The longest prefix first. */
  readonly #prefixes: (readonly [prefix: string, handler: HttpHandler])[] = [];

  /** @throws UsageError `ERR_WS_INVALID_OPTION` */
  constructor(handlers: HttpHandlers) {
    requireObject('http', handlers, "write { '/poll': async (exchange) => { … } }");
    for (const [path, handler] of Object.entries(handlers)) {
      checkEntry(path, handler);
      if (path.endsWith('/*')) this.#prefixes.push([path.slice(0, -1), handler]);
      else this.#exact.set(path, handler);
    }
    this.#prefixes.sort(([a], [b]) => b.length - a.length);
  }

  find(path: string): HttpHandler | undefined {
    return this.#exact.get(path) ?? this.#prefixes.find(([prefix]) => path.startsWith(prefix))?.[1];
  }
}

function checkEntry(path: string, handler: unknown): void {
  if (!path.startsWith('/') || /[?#\s]/.test(path) || path.slice(0, -1).includes('*')) {
    const problem = `the path ${JSON.stringify(path)} is none: write "/poll" or "/poll/*"`;
    throw new UsageError('ERR_WS_INVALID_OPTION', problem);
  }
  if (typeof handler === 'function') return;
  throw new UsageError('ERR_WS_INVALID_OPTION', `http[${JSON.stringify(path)}] must be a function`);
}
