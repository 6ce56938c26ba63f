import type { Broadcaster } from './broadcaster.js';
import type { AnyNamespace } from './namespace.js';

/** Says whether there is to be a namespace of some name, for a client that says who it is. */
export type NamespaceMatcher = (
  name: string,
  auth: Readonly<Record<string, unknown>>,
  next: (error: Error | null, isThere: boolean) => void,
) => void;

/** Namespaces that are made when a client asks for one: all have what their parent has. */
export class ChildNamespaces implements Broadcaster {
  readonly #matches: NamespaceMatcher;
  readonly #children = new Map<string, AnyNamespace>();

  constructor(pattern: RegExp | NamespaceMatcher) {
    this.#matches =
      pattern instanceof RegExp ? (name, _auth, next) => next(null, new RegExp(pattern).test(name)) : pattern;
  }

  /** Whether a client may have one of that name; resolves with false, too, when the application's function fails. */
  admits(
    name: string,
    auth: Readonly<Record<string, unknown>>,
    reportError: (error: unknown) => void,
  ): Promise<boolean> {
    return new Promise((resolve) => {
      try {
        this.#matches(name, auth, (error, isThere) => resolve(!error && isThere === true));
      } catch (error) {
        reportError(error);
        resolve(false);
      }
    });
  }

  add(child: AnyNamespace): void {
    this.#children.set(child.name, child);
  }

  delete(name: string): boolean {
    return this.#children.delete(name);
  }

  broadcast(...args: Parameters<Broadcaster['broadcast']>): void {
    for (const { broadcaster } of this.#children.values()) broadcaster.broadcast(...args);
  }

  broadcastWithAck(...[values, audience, flags]: Parameters<Broadcaster['broadcastWithAck']>): void {
    const answers: unknown[] = [];
    let firstError: Error | null = null;
    let waiting = this.#children.size;
    const done = (error: Error | null, more: unknown[]) => {
      answers.push(...more);
      firstError ??= error;
      if (--waiting === 0) flags.done(firstError, answers);
    };
    if (waiting === 0) flags.done(null, answers);
    for (const { broadcaster } of this.#children.values()) {
      broadcaster.broadcastWithAck(values, audience, { ...flags, done });
    }
  }

  async describeSockets(
    ...args: Parameters<Broadcaster['describeSockets']>
  ): ReturnType<Broadcaster['describeSockets']> {
    const children = [...this.#children.values()];
    return (
      await Promise.all(children.map(({ broadcaster }) => broadcaster.describeSockets(...args)))
    ).flat();
  }

  join(...args: Parameters<Broadcaster['join']>): void {
    for (const { broadcaster } of this.#children.values()) broadcaster.join(...args);
  }

  leave(...args: Parameters<Broadcaster['leave']>): void {
    for (const { broadcaster } of this.#children.values()) broadcaster.leave(...args);
  }

  disconnect(...args: Parameters<Broadcaster['disconnect']>): void {
    for (const { broadcaster } of this.#children.values()) broadcaster.disconnect(...args);
  }
}
