/** Where to connect: an absolute `ws:` or `wss:` URL and the subprotocols to offer, best first. */
export interface Target {
  readonly url: string;
  readonly subprotocols: readonly string[];
}

export type TargetVerdict =
  | { readonly type: 'target'; readonly target: Target }
  | { readonly type: 'invalid'; readonly field: 'url' | 'subprotocols'; readonly words: string };

/**
 * Reads the address and subprotocol fields. A path such as `/echo` belongs to the page's own host; `http:` and
 * `https:` become `ws:` and `wss:`; a fragment is dropped, as the WebSocket standard has it.
 */
export function readTarget(address: string, subprotocols: string, pageUrl: string): TargetVerdict {
  const url = readUrl(address.trim(), pageUrl);
  if (typeof url === 'string') return { type: 'invalid', field: 'url', words: url };
  const names = subprotocols.split(/[\s,]+/).filter((name) => name !== '');
  const fault = subprotocolFault(names);
  if (fault !== undefined) return { type: 'invalid', field: 'subprotocols', words: fault };
  return { type: 'target', target: { url: url.href, subprotocols: names } };
}

/** The address as a person would type it on this page: only the path when the host is the page's own. */
export function shortAddress(url: string, pageUrl: string): string {
  const parsed = new URL(url);
  const isOwnHost = parsed.host === new URL(pageUrl).host && parsed.protocol === socketScheme(pageUrl);
  return isOwnHost ? parsed.pathname + parsed.search : url;
}

/** Whether the target is the `/echo` of the server this page came from. */
export function isOwnEcho(target: Target, pageUrl: string): boolean {
  return shortAddress(target.url, pageUrl).split('?')[0] === '/echo';
}

function readUrl(address: string, pageUrl: string): URL | string {
  if (address === '') return 'Type a path such as /echo, or a full ws:// or wss:// address.';
  if (!address.startsWith('/') && !/^[a-z][a-z0-9+.-]*:\/\//i.test(address)) {
    return `Start with a slash for a path of this host (/${address}) or name the scheme (ws://${address}).`;
  }
  const base = new URL('/', pageUrl);
  base.protocol = socketScheme(pageUrl);
  if (!URL.canParse(address, base)) return 'This is not an address a browser can read: check host and port.';
  const url = new URL(address, base);
  if (url.protocol === 'http:') url.protocol = 'ws:';
  if (url.protocol === 'https:') url.protocol = 'wss:';
  if (url.protocol !== 'ws:' && url.protocol !== 'wss:') {
    return `A WebSocket address starts with ws:// or wss://, not ${url.protocol}//.`;
  }
  if (url.username !== '' || url.password !== '') {
    return 'Browsers disagree about a user name in a WebSocket address: put a token in the query instead.';
  }
  url.hash = '';
  if (isMixedContent(url, pageUrl)) {
    return 'This page came over https, so the browser only lets it open wss:// (or ws:// on this machine).';
  }
  return url;
}

function subprotocolFault(names: readonly string[]): string | undefined {
  const bad = names.find((name) => !TOKEN.test(name));
  if (bad !== undefined) {
    return `“${bad}” cannot name a subprotocol: use letters, digits and - . _ + only, separated by commas.`;
  }
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  return twice === undefined ? undefined : `“${twice}” is offered twice; a browser refuses that.`;
}

function isMixedContent(url: URL, pageUrl: string): boolean {
  if (new URL(pageUrl).protocol !== 'https:' || url.protocol === 'wss:') return false;
  return !/^(localhost|127(\.\d+){3}|\[::1\])$/.test(url.hostname);
}

function socketScheme(pageUrl: string): 'ws:' | 'wss:' {
  return new URL(pageUrl).protocol === 'https:' ? 'wss:' : 'ws:';
}

/** RFC 9110 §5.6.2: the characters of a token, which a subprotocol name must be (RFC 6455 §4.1). */
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
