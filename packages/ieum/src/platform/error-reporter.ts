/** What an application is told errors with: the error comes first, whose it is behind it. */
export type ReportError<Args extends readonly unknown[]> = (error: unknown, ...args: Args) => unknown;

/**
 * A `reportError` that neither throws nor rejects: what the given one lets out goes to standard error, behind what it
 * was told. Without one, errors go there.
 */
export function guardedReporter<Args extends readonly unknown[]>(
  reportError: ReportError<Args> | undefined,
): (error: unknown, ...args: Args) => void {
  const report: ReportError<Args> = async (error, ...args) => {
    try {
      if (reportError === undefined) console.error(error);
      else await reportError(error, ...args);
    } catch (reportingError) {
      console.error(error, reportingError);
    }
  };
  return (error, ...args) => void report(error, ...args);
}
