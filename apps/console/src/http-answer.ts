/**
 * What a plain GET of a WebSocket address says, in words for the log. A page never learns why an opening handshake
 * failed, but on its own host it may look at the same address over HTTP. Undefined for another host.
 */
export async function httpAnswer(url: string, pageUrl: string): Promise<string | undefined> {
  const address = new URL(url);
  address.protocol = address.protocol === 'wss:' ? 'https:' : 'http:';
  if (address.origin !== new URL(pageUrl).origin) return undefined;
  const asked = new AbortController();
  const timer = setTimeout(() => asked.abort(), TIMEOUT_MS);
  try {
    const { status } = await fetch(address, { signal: asked.signal, cache: 'no-store', redirect: 'manual' });
    return `a plain GET of ${address.pathname} is answered ${statusWords(status)}, so the server is up`;
  } catch {
    return `a plain GET of ${address.pathname} is not answered either: the server seems to be down`;
  } finally {
    clearTimeout(timer);
    asked.abort();
  }
}

function statusWords(status: number): string {
  return status === 0 ? 'with a redirect' : String(status);
}

const TIMEOUT_MS = 3_000;
