import type { EventEmitter } from 'node:events';

/** What came first. */
export type Outcome =
  | { readonly type: 'event'; readonly args: readonly unknown[] }
  | { readonly type: 'closed' }
  | { readonly type: 'aborted' };

/** Waits for an event of a session or a stream, its end, or the signal, whichever is first, and listens no more then. */
export function settled(emitter: EventEmitter, event: string, signal: AbortSignal): Promise<Outcome> {
  return new Promise((resolve) => {
    const settle = (outcome: Outcome): void => {
      emitter.off(event, onEvent).off('close', onClose);
      signal.removeEventListener('abort', onAbort);
      resolve(outcome);
    };
    const onEvent = (...args: unknown[]): void => settle({ type: 'event', args });
    const onClose = (): void => settle({ type: 'closed' });
    const onAbort = (): void => settle({ type: 'aborted' });

    emitter.on(event, onEvent).on('close', onClose);
    signal.addEventListener('abort', onAbort);
    if (signal.aborted) onAbort();
  });
}
