/** Something that may let a thing pass, by calling `next`, or stop it with an error. */
export type Middleware<Subject> = (subject: Subject, next: (error?: ExtendedError) => void) => unknown;

/** An error that tells the client more than its message. */
export interface ExtendedError extends Error {
  readonly data?: unknown;
}

/** Runs middlewares one after the other. Calls `done` once, at once when all of them are; with the error of one that stops it. */
export function runMiddlewares<Subject>(
  middlewares: readonly Middleware<Subject>[],
  subject: Subject,
  done: (error: ExtendedError | null) => void,
): void {
  const run = (index: number): void => {
    const middleware = middlewares[index];
    if (middleware === undefined) {
      done(null);
      return;
    }
    let isCalled = false;
    const next = (error?: unknown) => {
      if (isCalled) return;
      isCalled = true;
      if (error) done(errorOf(error));
      else run(index + 1);
    };
    try {
      const work = middleware(subject, next);
      if (work instanceof Promise) work.catch((error: unknown) => next(error ?? new Error('rejected')));
    } catch (error) {
      next(error ?? new Error('thrown'));
    }
  };
  run(0);
}

function errorOf(error: unknown): ExtendedError {
  return error instanceof Error ? error : new Error(String(error));
}
