import type { HubObserver } from './hub-observer.js';

/** An observer that does not throw: what the given one lets out is reported, and nothing that it watches is held up. */
export function guardedObserver(observer: HubObserver, reportError: (error: unknown) => void): HubObserver {
  const guarded = <Args extends readonly unknown[], Result>(
    method: ((...args: Args) => Result) | undefined,
  ): ((...args: Args) => Result | undefined) | undefined =>
    method &&
    ((...args) => {
      try {
        return method.apply(observer, args as never);
      } catch (error) {
        reportError(error);
        return undefined;
      }
    });
  const start = guarded(observer.startOperation);
  const methods = {
    handleFanOut: guarded(observer.handleFanOut),
    handleRecovery: guarded(observer.handleRecovery),
    handleSlowReader: guarded(observer.handleSlowReader),
    handleRefusal: guarded(observer.handleRefusal),
    handleReadiness: guarded(observer.handleReadiness),
    startOperation: start && ((...args: Parameters<typeof start>) => guarded(start(...args)) ?? ignore),
  };
  const given = Object.entries(methods).filter(([, method]) => method !== undefined);
  return Object.fromEntries(given) as HubObserver;
}

function ignore(): void {}
