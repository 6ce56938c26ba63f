import type { IncomingMessage, OutgoingHttpHeaders, RequestListener, ServerResponse } from 'node:http';

import type { ConsoleFile } from './console-files.js';
import { type HealthView, healthOf, type WorkerCount } from './health.js';
import { metricsContentType } from './metrics/metrics.js';
import type { MetricsClient } from './metrics/metrics-access.js';

export interface PagesOptions {
  readonly console: ReadonlyMap<string, ConsoleFile>;
  readonly isDraining: () => boolean;
  /** Left out in a process that is alone. */
  readonly workers?: () => WorkerCount;
  /** Left out without a broker to wait for. */
  readonly isBrokerReady?: () => boolean;
  /** Null when there are none to be had here. */
  readonly metrics: MetricsPage | null;
}

/** What is counted, for who may know. */
export interface MetricsPage {
  readonly isAllowed: (client: MetricsClient) => boolean;
  readonly read: () => Promise<string>;
}

/** Answers what is not for a WebSocket: the console, probes, and 404. Only files it was given can be asked for. */
export function createPages(options: PagesOptions): RequestListener {
  return (request, response) => {
    const answer = answerTo(request, options);
    if (answer instanceof Promise) void answer.then((late) => send(late, { request, response, options }));
    else send(answer, { request, response, options });
  };
}

interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly options: PagesOptions;
}

function send(answer: Answer, { request, response, options }: Exchange): void {
  if (response.destroyed) return;
  const { status, body } = answer;
  const isLast = answer.isLast === true || options.isDraining();
  response.writeHead(status, {
    ...safetyFields,
    ...answer.headers,
    // HTTP/2 says it in another way, and for all of its requests.
    ...(isLast && request.httpVersionMajor === 1 ? { Connection: 'close' } : {}),
    ...(status === 304 ? {} : { 'Content-Length': body.length }),
  });
  response.end(request.method === 'HEAD' || status === 304 ? '' : body);
}

interface Answer {
  readonly status: number;
  readonly headers: OutgoingHttpHeaders;
  readonly body: Buffer;
  /** Whether no other request is to come on the connection: this one may have a body that nobody reads. */
  readonly isLast?: boolean;
}

function answerTo(request: IncomingMessage, options: PagesOptions): Answer | Promise<Answer> {
  const path = pathOf(request.url ?? '');
  const health = healthOf(path, healthViewOf(options));
  const file = options.console.get(path);
  const metrics = path === '/metrics' ? options.metrics : null;
  if (health === undefined && file === undefined && metrics === null && path !== '/') {
    return text(404, 'Nothing here.');
  }
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    return { ...text(405, 'Only GET and HEAD are answered here.', { Allow: 'GET, HEAD' }), isLast: true };
  }
  if (health !== undefined) return text(health.status, health.text);
  if (metrics !== null) return metricsAnswer(metrics, clientOf(request));
  return file === undefined ? text(503, notBuilt) : fileAnswer(file, request.headers['if-none-match']);
}

function healthViewOf({ isDraining, workers, isBrokerReady }: PagesOptions): HealthView {
  return {
    isDraining: isDraining(),
    isBrokerReady: isBrokerReady?.() ?? true,
    ...(workers === undefined ? {} : { workers: workers() }),
  };
}

function clientOf({ socket, headers }: IncomingMessage): MetricsClient {
  const isForwarded = forwardingFields.some((field) => headers[field] !== undefined);
  return { address: socket.remoteAddress, isForwarded };
}

/** Who asks is who is connected to us: what a proxy says of others does not count here. */
async function metricsAnswer({ isAllowed, read }: MetricsPage, client: MetricsClient): Promise<Answer> {
  if (!isAllowed(client)) return text(403, 'Not for you.');
  try {
    const headers = { 'Content-Type': metricsContentType, 'Cache-Control': 'no-store' };
    return { status: 200, headers, body: Buffer.from(await read()) };
  } catch (error) {
    return text(503, error instanceof Error ? error.message : String(error));
  }
}

function fileAnswer(file: ConsoleFile, ifNoneMatch: string | undefined): Answer {
  const { body, contentType, etag, cacheControl } = file;
  const headers = { 'Cache-Control': cacheControl, ETag: etag };
  if (isKnown(etag, ifNoneMatch)) return { status: 304, headers, body };
  return { status: 200, headers: { ...headers, 'Content-Type': contentType }, body };
}

/** Whether the client has this very version (RFC 9110 §13.1.2). */
function isKnown(etag: string, ifNoneMatch: string | undefined): boolean {
  if (ifNoneMatch === undefined) return false;
  const known = ifNoneMatch.split(',').map((entry) => entry.trim().replace(/^W\//, ''));
  return known.includes(etag) || known.includes('*');
}

function text(status: number, line: string, headers: OutgoingHttpHeaders = {}): Answer {
  const fields = { 'Content-Type': 'text/plain; charset=utf-8', 'Cache-Control': 'no-store', ...headers };
  return { status, headers: fields, body: Buffer.from(line === 'ok' ? line : `${line}\n`) };
}

function pathOf(target: string): string {
  return target.replace(/^https?:\/\/[^/]*/i, '').split('?', 1)[0] || '/';
}

const forwardingFields = ['forwarded', 'via', 'x-forwarded-for', 'x-forwarded-host', 'x-real-ip'] as const;

const notBuilt = 'The console is not built yet. Run "npm run build" in the repository and start again.';

const safetyFields: OutgoingHttpHeaders = {
  'Content-Security-Policy':
    "default-src 'self'; connect-src 'self' ws: wss:; img-src 'self' data:; object-src 'none'; " +
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Resource-Policy': 'same-origin',
};
