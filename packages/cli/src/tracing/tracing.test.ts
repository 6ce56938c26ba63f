import { AsyncLocalStorage } from 'node:async_hooks';

import {
  type Context,
  type ContextManager,
  context,
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  trace,
} from '@opentelemetry/api';
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-base';
import { connect, type Routes, refuse } from 'ieum';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { serve } from '../../../../test/support/serve.js';
import type { ServedUser } from '../auth/authentication.js';

import { createTracing, type Tracing } from './tracing.js';

/** What `@opentelemetry/context-async-hooks` does, as far as it matters here. */
class StorageContexts implements ContextManager {
  readonly #storage = new AsyncLocalStorage<Context>();

  active(): Context {
    return this.#storage.getStore() ?? ROOT_CONTEXT;
  }

  with<Args extends unknown[], Result>(
    active: Context,
    run: (...args: Args) => Result,
    thisArg?: ThisParameterType<typeof run>,
    ...args: Args
  ): Result {
    return this.#storage.run(active, () => run.apply(thisArg, args));
  }

  bind<Target>(_context: Context, target: Target): Target {
    return target;
  }

  enable(): this {
    return this;
  }

  disable(): this {
    return this;
  }
}

const parent = { traceId: '0af7651916cd43dd8448eb211c80319c', spanId: 'b7ad6b7169203331' };
const traceparent = `00-${parent.traceId}-${parent.spanId}-01`;
const options = { version: '1.2.3', namespaces: ['**', 'chat/*', 'chat/**'] };

let exporter: InMemorySpanExporter;

beforeEach(() => {
  exporter = new InMemorySpanExporter();
  trace.setGlobalTracerProvider(
    new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] }),
  );
  context.setGlobalContextManager(new StorageContexts());
});
afterEach(() => {
  trace.disable();
  context.disable();
});

const create = (): Tracing => createTracing(options) as Tracing;

async function served(tracing: Tracing, routes: Routes<ServedUser> = { '/echo': {} }) {
  return await serve<ServedUser>({ routes: tracing.wrap(routes), observer: tracing });
}

test('without a provider there is nothing to pay for', () => {
  trace.disable();
  expect(createTracing(options)).toBeNull();
});

describe('the span of an opening handshake', () => {
  test('says what was asked for and answered, less the query', async () => {
    const { url, port } = await served(create());
    await (await connect(`${url}/echo?access_token=secret`, { headers: { 'User-Agent': 'agent' } })).close();
    const [span] = exporter.getFinishedSpans();
    expect(span).toMatchObject({
      name: 'GET /echo',
      kind: SpanKind.SERVER,
      parentSpanContext: undefined,
      instrumentationScope: { name: 'ieum', version: '1.2.3' },
      attributes: {
        'http.request.method': 'GET',
        'http.response.status_code': 101,
        'http.route': '/echo',
        'url.path': '/echo',
        'url.scheme': 'http',
        'network.protocol.name': 'http',
        'network.protocol.version': '1.1',
        'server.address': '127.0.0.1',
        'client.address': '127.0.0.1',
        'user_agent.original': 'agent',
      },
    });
    expect(port).toBeGreaterThan(0);
    expect(JSON.stringify(span?.attributes)).not.toContain('secret');
  });

  test('belongs to the trace that the client names', async () => {
    const { url } = await served(create());
    const headers = { traceparent, tracestate: 'a=b' };
    await (await connect(`${url}/echo`, { headers })).close();
    const [span] = exporter.getFinishedSpans();
    expect(span?.spanContext().traceId).toBe(parent.traceId);
    expect(span?.parentSpanContext).toMatchObject({ spanId: parent.spanId, isRemote: true });
  });

  test.each([
    'no parent',
    `ff-${parent.traceId}-${parent.spanId}-01`,
    `00-${'0'.repeat(32)}-${parent.spanId}-01`,
    `00-${parent.traceId}-${'0'.repeat(16)}-01`,
    `${traceparent}-more`,
    traceparent.toUpperCase(),
  ])('is the first of its trace when the client names none: %s', async (field) => {
    const { url } = await served(create());
    await (await connect(`${url}/echo`, { headers: { traceparent: field } })).close();
    expect(exporter.getFinishedSpans()[0]).toMatchObject({ parentSpanContext: undefined });
  });

  test('of a refusal is an error only when it is ours', async () => {
    const tracing = create();
    const authenticate = () => refuse(503, 'not now');
    const { url } = await serve<ServedUser>({ routes: { '/echo': {} }, observer: tracing, authenticate });
    await expect(connect(`${url}/nowhere`)).rejects.toMatchObject({ status: 404 });
    await expect(connect(`${url}/echo`)).rejects.toMatchObject({ status: 503 });
    expect(exporter.getFinishedSpans()).toMatchObject([
      {
        name: 'GET',
        status: { code: SpanStatusCode.UNSET },
        attributes: { 'http.response.status_code': 404 },
      },
      { name: 'GET /echo', status: { code: SpanStatusCode.ERROR }, attributes: { 'error.type': '503' } },
    ]);
  });
});

describe('the span of an operation', () => {
  test('a publish is named after its namespace, the most exact one', () => {
    const tracing = create();
    tracing.startOperation({ type: 'publish', topic: 'chat/42', payloadBytes: 7 })();
    tracing.startOperation({ type: 'publish', topic: 'chat/42/typing', payloadBytes: 7 })();
    expect(exporter.getFinishedSpans()).toMatchObject([
      {
        name: 'publish chat/*',
        kind: SpanKind.PRODUCER,
        attributes: {
          'messaging.system': 'ieum',
          'messaging.operation.type': 'send',
          'messaging.operation.name': 'publish',
          'messaging.destination.name': 'chat/42',
          'messaging.destination.template': 'chat/*',
          'messaging.message.body.size': 7,
        },
      },
      { name: 'publish chat/**' },
    ]);
  });

  test('a request that fails has the code of the error', () => {
    const tracing = create();
    const error = Object.assign(new Error('secret text'), { code: 'ERR_HUB_TIMEOUT' });
    tracing.startOperation({ type: 'request', method: 'sum', direction: 'received' })(error);
    tracing.startOperation({ type: 'request', method: 'x'.repeat(500), direction: 'sent' })();
    const [received, sent] = exporter.getFinishedSpans();
    expect(received).toMatchObject({
      name: 'handle sum',
      kind: SpanKind.SERVER,
      status: { code: SpanStatusCode.ERROR },
      attributes: { 'rpc.system': 'ieum', 'rpc.method': 'sum', 'error.type': 'ERR_HUB_TIMEOUT' },
    });
    expect(sent?.kind).toBe(SpanKind.CLIENT);
    expect(sent?.name.length).toBeLessThan(120);
  });

  test('belongs to the trace of the handshake when a message of the client made it', async () => {
    const tracing = create();
    const { url } = await served(tracing, {
      '/echo': {
        message: async (peer) => {
          await Promise.resolve();
          tracing.startOperation({ type: 'publish', topic: 'a', payloadBytes: 0 })();
          peer.send('done');
        },
      },
    });
    const peer = await connect(`${url}/echo`, { headers: { traceparent } });
    peer.send('go');
    for await (const _ of peer) break;
    await peer.close();
    const [handshake, publish] = exporter.getFinishedSpans();
    expect(publish?.name).toBe('publish **');
    expect(publish?.spanContext().traceId).toBe(parent.traceId);
    expect(publish?.parentSpanContext?.spanId).toBe(handshake?.spanContext().spanId);
  });
});
