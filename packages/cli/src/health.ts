/** What a probe is told. */
export interface Health {
  readonly status: number;
  readonly text: string;
}

/** How many worker processes there should be, and how many of them take connections. */
export interface WorkerCount {
  readonly listening: number;
  readonly size: number;
}

/**
 * The answers of `/healthz` (this process works) and `/readyz` (it takes connections); undefined for other paths. With
 * several workers any of them answers, and says how many there are.
 */
export function healthOf(path: string, isDraining: boolean, workers?: WorkerCount): Health | undefined {
  const good = workers === undefined ? 'ok' : `ok: ${workers.listening} of ${workers.size} workers listen`;
  if (path === '/healthz') return { status: 200, text: good };
  if (path !== '/readyz') return undefined;
  return isDraining ? { status: 503, text: 'draining' } : { status: 200, text: good };
}
