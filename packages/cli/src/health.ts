/** What a probe is told. */
export interface Health {
  readonly status: number;
  readonly text: string;
}

/** The answers of `/healthz` (this process works) and `/readyz` (it takes connections); undefined for other paths. */
export function healthOf(path: string, isDraining: boolean): Health | undefined {
  if (path === '/healthz') return { status: 200, text: 'ok' };
  if (path !== '/readyz') return undefined;
  return isDraining ? { status: 503, text: 'draining' } : { status: 200, text: 'ok' };
}
