import { UsageError } from '../../core/errors.js';
import { checkNames, requireFunctions, requireObject } from '../../core/option-check.js';

import type { Publication } from '../publication.js';
import type { Gap, PresenceChange, Subscriber } from '../subscriber.js';

/** What an application does with a topic that it subscribes to itself. */
export interface TopicHandlers<Data = unknown> {
  /** Publications come one after the other: while a promise that it returns is pending, the policy for slow readers holds. */
  readonly publication: (publication: Publication<Data>) => unknown;
  readonly gap?: (gap: Gap) => void;
  readonly presence?: (change: PresenceChange) => void;
}

/** Handlers of topics, from a function or several. @throws UsageError `ERR_WS_INVALID_OPTION` */
export function handlersOf(handlers: TopicHandlers | TopicHandlers['publication']): TopicHandlers {
  if (typeof handlers === 'function') return { publication: handlers };
  requireObject('handlers', handlers, 'write (publication) => …, or { publication, gap }');
  checkNames('handlers', handlers, { names: ['publication', 'gap', 'presence'] });
  requireFunctions('', handlers, ['publication', 'gap', 'presence']);
  if (handlers.publication !== undefined) return handlers;
  throw new UsageError('ERR_WS_INVALID_OPTION', 'handlers must have one of publications');
}

/** The application as a subscriber. What its handlers throw is reported. */
export class ApplicationSubscriber implements Subscriber {
  readonly #handlers: TopicHandlers;
  readonly #reportError: (error: unknown) => void;

  constructor(handlers: TopicHandlers, reportError: (error: unknown) => void) {
    this.#handlers = handlers;
    this.#reportError = reportError;
  }

  handlePublication(publication: Publication): 'written' | Promise<'written'> {
    const result = this.#guard(() => this.#handlers.publication(publication));
    return result instanceof Promise ? this.#settled(result) : 'written';
  }

  handleGap(gap: Gap): void {
    this.#guard(() => this.#handlers.gap?.(gap));
  }

  handlePresence(change: PresenceChange): void {
    this.#guard(() => this.#handlers.presence?.(change));
  }

  handleEnd(): void {}
  handleExpiring(): void {}
  handleRequest(): void {}
  handleCancel(): void {}
  handleClose(): void {}

  #guard(call: () => unknown): unknown {
    try {
      return call();
    } catch (error) {
      this.#reportError(error);
      return undefined;
    }
  }

  async #settled(result: Promise<unknown>): Promise<'written'> {
    try {
      await result;
    } catch (error) {
      this.#reportError(error);
    }
    return 'written';
  }
}
