/** What came of a plain GET of a WebSocket address. */
export type HttpAnswer =
  /** `status` is 0 for a redirect, which a page may not look into. */
  { readonly type: 'answered'; readonly status: number } | { readonly type: 'silent' };

/**
 * Asks with a plain GET. A page never learns why an opening handshake failed, but on its own host it may look at the
 * same address over HTTP. Undefined for another host.
 */
export async function askOverHttp(url: string, pageUrl: string): Promise<HttpAnswer | undefined> {
  const address = new URL(url);
  address.protocol = address.protocol === 'wss:' ? 'https:' : 'http:';
  if (address.origin !== new URL(pageUrl).origin) return undefined;
  const asked = new AbortController();
  const timer = setTimeout(() => asked.abort(), TIMEOUT_MS);
  try {
    const { status } = await fetch(address, { signal: asked.signal, cache: 'no-store', redirect: 'manual' });
    return { type: 'answered', status };
  } catch {
    return { type: 'silent' };
  } finally {
    clearTimeout(timer);
    asked.abort();
  }
}

/** The answer in one line. */
export function httpAnswerLine(answer: HttpAnswer, url: string): string {
  const { pathname } = new URL(url);
  if (answer.type === 'silent') {
    return `a plain GET of ${pathname} is not answered either: the server seems to be down`;
  }
  const status = answer.status === 0 ? 'with a redirect' : String(answer.status);
  return `a plain GET of ${pathname} is answered ${status}, so the server is up`;
}

const TIMEOUT_MS = 3_000;
