import {
  type Attributes,
  type Context,
  context,
  ProxyTracerProvider,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  type Tracer,
  trace,
} from '@opentelemetry/api';
import type { ObservedOpening, Peer, Refusal, Route, Routes, ServerObserver, UpgradeRequest } from 'ieum';

import { covers } from '../auth/access.js';
import type { ServedUser } from '../auth/authentication.js';

import { remoteContextOf } from './remote-context.js';

/** A publish or a request of a hub, as its observer is told. */
export type TracedOperation =
  | { readonly type: 'publish'; readonly topic: string; readonly payloadBytes: number }
  | { readonly type: 'request'; readonly method: string; readonly direction: 'received' | 'sent' };

export interface TracingOptions {
  readonly version: string;
  /** Patterns of namespaces: spans of a publish are named after the one that has the topic, not after the topic. */
  readonly namespaces?: readonly string[];
}

/**
 * Makes spans of opening handshakes, publishes and requests with OpenTelemetry's API, after its semantic conventions. Null
 * when no tracer provider is registered: then nothing is done, and nothing is paid. Register one before, as with
 * `node --import`.
 */
export function createTracing(options: TracingOptions): Tracing | null {
  const provider = trace.getTracerProvider();
  const isRegistered =
    !(provider instanceof ProxyTracerProvider) || provider.getDelegateTracer('ieum') !== undefined;
  return isRegistered
    ? new Tracing(trace.getTracer('ieum', options.version), options.namespaces ?? [])
    : null;
}

/** Observes a server and a hub. */
export class Tracing implements ServerObserver<ServedUser> {
  readonly #tracer: Tracer;
  readonly #namespaces: readonly string[];
  /** What is done for a client belongs to the trace of its handshake. */
  readonly #contexts = new WeakMap<UpgradeRequest, Context>();

  constructor(tracer: Tracer, namespaces: readonly string[]) {
    this.#tracer = tracer;
    this.#namespaces = [...namespaces].sort(compareExactness);
  }

  handleOpened({ request }: Peer<ServedUser>, opening: ObservedOpening): void {
    const status = opening.httpVersion === '2' ? 200 : 101;
    const { span, parent } = this.#startHandshake(opening, status);
    this.#contexts.set(request, trace.setSpan(parent, span));
    span.end();
  }

  handleRefused({ status, reason }: Refusal, opening: ObservedOpening): void {
    const { span } = this.#startHandshake(opening, status);
    if (status >= 500) fail(span, String(status), reason);
    span.end();
  }

  /** A span for something that a hub does; what is returned ends it. */
  startOperation(operation: TracedOperation): (error?: unknown) => void {
    const { name, kind, attributes } = this.#describe(operation);
    const span = this.#tracer.startSpan(name, { kind, attributes });
    return (error) => {
      if (error !== undefined) fail(span, errorTypeOf(error));
      span.end();
    };
  }

  /** Routes whose handlers work in the trace of the handshake. */
  wrap(routes: Routes<ServedUser>): Routes<ServedUser> {
    return Object.fromEntries(Object.entries(routes).map(([path, route]) => [path, this.#wrapRoute(route)]));
  }

  #wrapRoute(route: Route<ServedUser>): Route<ServedUser> {
    const { open, message, closed } = route;
    return {
      ...route,
      ...(open && { open: (peer) => context.with(this.#contextOf(peer), () => open(peer)) }),
      ...(message && {
        message: (peer, received) => context.with(this.#contextOf(peer), () => message(peer, received)),
      }),
      ...(closed && {
        closed: (peer, record) => context.with(this.#contextOf(peer), () => closed(peer, record)),
      }),
    };
  }

  #contextOf(peer: Peer<ServedUser>): Context {
    return this.#contexts.get(peer.request) ?? ROOT_CONTEXT;
  }

  #startHandshake(
    opening: ObservedOpening,
    status: number,
  ): { readonly span: Span; readonly parent: Context } {
    const { request, route, httpVersion, durationMs } = opening;
    const method = httpVersion === '2' ? 'CONNECT' : 'GET';
    const parent = request === null ? ROOT_CONTEXT : remoteContextOf(request);
    const options = {
      kind: SpanKind.SERVER,
      startTime: Date.now() - durationMs,
      attributes: {
        'http.request.method': method,
        'http.response.status_code': status,
        'network.protocol.name': 'http',
        'network.protocol.version': httpVersion,
        ...(route === null ? {} : { 'http.route': route }),
        ...(request === null ? {} : requestAttributes(request)),
      },
    };
    const span = this.#tracer.startSpan(route === null ? method : `${method} ${route}`, options, parent);
    return { span, parent };
  }

  #describe(operation: TracedOperation): Description {
    if (operation.type === 'publish') return this.#describePublish(operation.topic, operation.payloadBytes);
    const { method, direction } = operation;
    return {
      name: `${direction === 'received' ? 'handle' : 'ask'} ${method.slice(0, maxNameLength)}`,
      kind: direction === 'received' ? SpanKind.SERVER : SpanKind.CLIENT,
      attributes: { 'rpc.system': 'ieum', 'rpc.method': method.slice(0, maxNameLength) },
    };
  }

  #describePublish(topic: string, payloadBytes: number): Description {
    const namespace = this.#namespaces.find((pattern) => covers(pattern, topic));
    return {
      name: namespace === undefined ? 'publish' : `publish ${namespace}`,
      kind: SpanKind.PRODUCER,
      attributes: {
        'messaging.system': 'ieum',
        'messaging.operation.type': 'send',
        'messaging.operation.name': 'publish',
        'messaging.destination.name': topic,
        ...(namespace === undefined ? {} : { 'messaging.destination.template': namespace }),
        'messaging.message.body.size': payloadBytes,
      },
    };
  }
}

interface Description {
  readonly name: string;
  readonly kind: SpanKind;
  readonly attributes: Attributes;
}

/** The query is left out: it may have a token. */
function requestAttributes({ path, secure, host, address, headers }: UpgradeRequest): Attributes {
  const [agent] = headers.getAll('User-Agent');
  return {
    'url.path': path,
    'url.scheme': secure ? 'https' : 'http',
    'server.address': host.replace(/:\d+$/, ''),
    'client.address': address,
    ...(agent === undefined ? {} : { 'user_agent.original': agent }),
  };
}

function fail(span: Span, errorType: string, message?: string): void {
  span.setAttribute('error.type', errorType);
  span.setStatus({ code: SpanStatusCode.ERROR, ...(message === undefined ? {} : { message }) });
}

/** The code of an error where it has one. */
function errorTypeOf(error: unknown): string {
  if (!(error instanceof Error)) return typeof error;
  const { code } = error as NodeJS.ErrnoException;
  return typeof code === 'string' ? code : error.name;
}

/** The most exact pattern goes first, as in a hub: level by level, a name goes before `*`, and `*` before `**`. */
function compareExactness(a: string, b: string): number {
  const [left, right] = [a.split('/'), b.split('/')];
  for (let i = 0; i < Math.max(left.length, right.length); i++) {
    const difference = vaguenessOf(left[i]) - vaguenessOf(right[i]);
    if (difference !== 0) return difference;
  }
  return 0;
}

function vaguenessOf(level: string | undefined): number {
  if (level === undefined) return 3;
  return level === '**' ? 2 : Number(level === '*');
}

const maxNameLength = 100;
