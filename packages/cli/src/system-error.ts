/** The code of an error of the platform; empty when it has none. */
export function systemErrorCode(error: unknown): string {
  const code = error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined;
  if (typeof code === 'string') return code;
  const inner = error instanceof AggregateError ? error.errors[0] : undefined;
  return inner === undefined ? '' : systemErrorCode(inner);
}

/** An error of the platform in words: `no such file`, or what the platform says. */
export function describeSystemError(error: unknown): string {
  const known = descriptions.get(systemErrorCode(error));
  if (known !== undefined) return known;
  return error instanceof Error && error.message !== '' ? error.message : String(error);
}

const descriptions: ReadonlyMap<string, string> = new Map([
  ['ENOENT', 'no such file'],
  ['EISDIR', 'it is a folder'],
  ['EACCES', 'permission denied'],
  ['ECONNREFUSED', 'connection refused'],
  ['ECONNRESET', 'connection reset'],
  ['EPIPE', 'connection reset'],
  ['ETIMEDOUT', 'timed out'],
  ['EHOSTUNREACH', 'no route to the host'],
  ['ENETUNREACH', 'network unreachable'],
  ['EADDRNOTAVAIL', 'not an address of this machine'],
]);
