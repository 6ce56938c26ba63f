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

/** What is to be told. */
export interface HealthView {
  readonly isDraining: boolean;
  readonly isBrokerReady: boolean;
  /** Left out in a process that is alone. */
  readonly workers?: WorkerCount;
}

/**
 * The answers of `/healthz` (this process works) and `/readyz` (it takes connections, and its broker is there); undefined for
 * other paths. With
 * several workers any of them answers, and says how many there are.
 */
export function healthOf(
  path: string,
  { isDraining, isBrokerReady, workers }: HealthView,
): Health | undefined {
  const good = workers === undefined ? 'ok' : `ok: ${workers.listening} of ${workers.size} workers listen`;
  if (path === '/healthz') return { status: 200, text: good };
  if (path !== '/readyz') return undefined;
  if (isDraining) return { status: 503, text: 'draining' };
  return isBrokerReady ? { status: 200, text: good } : { status: 503, text: 'the broker is away' };
}
