import {
  type Context,
  createTraceState,
  isSpanContextValid,
  propagation,
  ROOT_CONTEXT,
  type TextMapGetter,
  TraceFlags,
  trace,
} from '@opentelemetry/api';
import type { UpgradeRequest } from 'ieum';

/**
 * The trace that a handshake belongs to, as its header fields tell: by the propagator of this process, or, when it has none,
 * by `traceparent` and `tracestate` (W3C Trace Context). The root context when they tell nothing.
 */
export function remoteContextOf({ headers }: Pick<UpgradeRequest, 'headers'>): Context {
  if (propagation.fields().length > 0) return propagation.extract(ROOT_CONTEXT, headers, headerGetter);
  const parents = headers.getAll('traceparent');
  const match = parents.length === 1 ? traceparent.exec(parents[0] ?? '') : null;
  if (match === null) return ROOT_CONTEXT;
  const [, version = '', traceId = '', spanId = '', flags = '', rest = ''] = match;
  // A later version may have more behind what is known of it; this one may not.
  if (version === 'ff' || (version === '00' && rest !== '')) return ROOT_CONTEXT;
  const spanContext = {
    traceId,
    spanId,
    traceFlags: Number.parseInt(flags, 16) & TraceFlags.SAMPLED,
    isRemote: true,
    traceState: createTraceState(headers.getAll('tracestate').join(',')),
  };
  return isSpanContextValid(spanContext) ? trace.setSpanContext(ROOT_CONTEXT, spanContext) : ROOT_CONTEXT;
}

type Headers = UpgradeRequest['headers'];

const headerGetter: TextMapGetter<Headers> = {
  keys: (headers) => [...headers].map(([name]) => name.toLowerCase()),
  get: (headers, name) => {
    const values = headers.getAll(name);
    return values.length === 0 ? undefined : values.join(',');
  },
};

const traceparent = /^([\da-f]{2})-([\da-f]{32})-([\da-f]{16})-([\da-f]{2})(-.*)?$/;
