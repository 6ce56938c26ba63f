import type { Duplex } from 'node:stream';

/** How far a stage is after one of its events. */
export type StageProgress =
  | { readonly type: 'incomplete' }
  | { readonly type: 'done' }
  | { readonly type: 'failed'; readonly error: Error };

/** One step on the way to a byte stream, told by the events of the socket it happens on. */
export interface Stage {
  readonly event: 'connect' | 'secureConnect' | 'readable';
  handleEvent(): StageProgress;
  /** What the socket's error, or its close without one, means in this stage. */
  describeFailure(cause: Error | undefined): Error;
}

/**
 * Runs a stage to its end. When it resolves the socket is alive and free of this stage's listeners; when it rejects
 * the socket is destroyed. The signal ends the stage with its reason.
 */
export function runStage(socket: Duplex, stage: Stage, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const settle = (): void => {
      socket.off(stage.event, onEvent).off('error', onError).off('close', onClose);
      signal?.removeEventListener('abort', onAbort);
    };
    const fail = (reason: unknown): void => {
      settle();
      discard(socket);
      reject(reason);
    };
    const onEvent = (): void => {
      const progress = stage.handleEvent();
      if (progress.type === 'failed') fail(progress.error);
      if (progress.type !== 'done') return;
      settle();
      resolve();
    };
    const onError = (cause: Error): void => fail(stage.describeFailure(cause));
    const onClose = (): void => fail(stage.describeFailure(socket.errored ?? undefined));
    const onAbort = (): void => fail(signal?.reason);

    if (signal?.aborted) return onAbort();
    if (socket.destroyed) return onClose();
    socket.on(stage.event, onEvent).on('error', onError).on('close', onClose);
    signal?.addEventListener('abort', onAbort);
  });
}

/** Destroys a socket nobody listens to any more: an error it still reports has nobody to go to. */
export function discard(socket: Duplex): void {
  socket.on('error', () => {});
  socket.destroy();
}

export const done: StageProgress = { type: 'done' };
export const incomplete: StageProgress = { type: 'incomplete' };
