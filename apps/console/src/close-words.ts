import type { ClosedState } from './connection.js';
import { httpAnswerLine } from './http-answer.js';

/** A close code in words: what it is called, what it means here, and what to look at. */
export interface CloseWords {
  readonly title: string;
  readonly meaning: string;
  readonly checks: readonly string[];
}

export function closeWords(closed: ClosedState, pageOrigin: string): CloseWords {
  if (closed.code === 1006) {
    return closed.openMs === undefined ? neverOpened(closed, pageOrigin) : cutOff(closed);
  }
  const [title, meaning] = KNOWN[closed.code] ?? unknownCode(closed.code);
  return { title, meaning, checks: [] };
}

/** The name of a close code, for one line of the log. */
export function closeTitle(code: number): string {
  return (KNOWN[code] ?? unknownCode(code))[0];
}

/** A close frame in one line: its code, the name of the code, the reason. */
export function closeLine(code: number | undefined, reason: string): string {
  if (code === undefined) return 'close, without a code';
  return `close ${code} ${closeTitle(code)}${reason === '' ? '' : `: ${reason}`}`;
}

function neverOpened(closed: ClosedState, pageOrigin: string): CloseWords {
  if (closed.closedByPage) {
    return {
      title: 'Cancelled',
      meaning: 'This page closed before the opening handshake finished.',
      checks: [],
    };
  }
  const { protocol, host } = new URL(closed.target.url);
  const isAnswered = closed.httpAnswer?.type === 'answered';
  const checks = [
    whetherUp(closed, host),
    `Does it let pages from ${pageOrigin} in? Servers refuse unknown origins with 403 (ieum: its allow-origin flag).`,
    'Is the path right? A path without a WebSocket answers 404, 400 or 426.',
  ];
  if (protocol === 'wss:' && !isAnswered) {
    checks.push(
      `Is its certificate trusted? Open https://${host}/ in a tab: a warning there fails silently here.`,
    );
  }
  if (closed.target.subprotocols.length > 0) {
    checks.push(
      'Does the server know one of the subprotocols? When it selects none of them, the browser gives up.',
    );
  }
  const meaning =
    'The opening handshake did not finish. 1006 is the browser’s own code: it hides the real cause from pages.';
  return { title: 'Could not connect', meaning, checks };
}

function whetherUp({ httpAnswer, target }: ClosedState, host: string): string {
  if (httpAnswer?.type !== 'answered') {
    return `Is a server listening on ${host}? The network panel of the developer tools shows the HTTP status, if there was one.`;
  }
  const line = httpAnswerLine(httpAnswer, target.url);
  return `${line[0]?.toUpperCase()}${line.slice(1)}. The network panel of the developer tools shows how it answered the opening handshake.`;
}

function cutOff(closed: ClosedState): CloseWords {
  const meaning =
    'The connection ended without a close frame. 1006 was never sent: the browser says so when bytes just stop.';
  const checks = [
    'Did the server process end or restart?',
    'Did a proxy or load balancer cut an idle connection? Many do so after 30–60 s of silence.',
    'Did the network change or the machine sleep?',
    'Did a frame break the protocol? Then the browser’s console names the fault.',
  ];
  if (closed.closedByPage) checks.unshift('This page had asked to close, and the server did not answer it.');
  return { title: 'Connection lost', meaning, checks };
}

function unknownCode(code: number): readonly [string, string] {
  if (code >= 4000 && code <= 4999) {
    return ['Application code', 'Private use: only the application behind this server knows what it means.'];
  }
  if (code >= 3000 && code <= 3999) {
    return [
      'Registered code',
      'Registered with IANA for a library or framework; its documentation explains it.',
    ];
  }
  return ['Reserved code', 'The protocol reserves this number; a server should not send it.'];
}

/** RFC 6455 §7.4.1 and the IANA registry of close codes. */
const KNOWN: Readonly<Record<number, readonly [title: string, meaning: string]>> = {
  1000: ['Normal closure', 'Both sides were done.'],
  1001: [
    'Going away',
    'The server is shutting down or restarting, or a page was left. Reconnecting should work.',
  ],
  1002: ['Protocol error', 'The server saw a frame it may not accept.'],
  1003: [
    'Unsupported data',
    'The server does not take this type of message: try text instead of binary, or the reverse.',
  ],
  1005: ['No status received', 'A close frame without a code arrived: a clean close that gives no reason.'],
  1006: ['Abnormal closure', 'The connection ended without a close frame.'],
  1007: [
    'Invalid payload data',
    'The server found bytes that do not fit the type of the message, such as text that is no UTF-8.',
  ],
  1008: ['Policy violation', 'The server’s rules forbid what happened; the reason may say which.'],
  1009: [
    'Message too big',
    'A message was larger than the server takes (ieum: max-message-bytes, 1 MiB by default).',
  ],
  1010: ['Mandatory extension', 'The client asked for an extension the server did not agree to.'],
  1011: ['Internal error', 'The server met a condition it did not expect. Its log knows more.'],
  1012: ['Service restart', 'The server restarts. Reconnecting in a moment should work.'],
  1013: ['Try again later', 'The server is overloaded, or this connection read too slowly.'],
  1014: ['Bad gateway', 'A proxy got an invalid answer from the server behind it.'],
  1015: ['TLS handshake failed', 'No secure connection could be made; check the certificate.'],
  3000: ['Unauthorized', 'The server wants to know who is there first.'],
  3003: ['Forbidden', 'The server knows who is there and does not allow it.'],
  3008: ['Timeout', 'The server waited too long.'],
};
