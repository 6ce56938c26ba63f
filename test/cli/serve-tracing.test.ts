import { fileURLToPath } from 'node:url';

import { connect } from 'ieum';
import { expect, onTestFinished, test } from 'vitest';

import { HubClient } from '../support/hub-client.js';
import { type Served, startServe } from '../support/served.js';

const recorder = new URL('../support/trace-to-stderr.mjs', import.meta.url);
const parent = { traceId: '0af7651916cd43dd8448eb211c80319c', spanId: 'b7ad6b7169203331' };
const traceparent = `00-${parent.traceId}-${parent.spanId}-01`;

interface PrintedSpan {
  readonly name: string;
  readonly traceId: string;
  readonly parentId?: string;
  readonly attributes: Readonly<Record<string, unknown>>;
}

async function serve(args: readonly string[] = []): Promise<Served> {
  const environment = { NODE_OPTIONS: `--import=${fileURLToPath(recorder)}` };
  const served = await startServe(args, { environment });
  onTestFinished(() => served.command.kill());
  return served;
}

async function spansOf({ command }: Served, name: string): Promise<PrintedSpan[]> {
  const read = () =>
    [...command.stderr.matchAll(/^span (\{.*\})$/gm)]
      .map(([, json = '']) => JSON.parse(json) as PrintedSpan)
      .filter((span) => span.name === name);
  await command.until(() => read().length > 0);
  return read();
}

test.each<[string, readonly string[]]>([
  ['one process', []],
  ['a worker', ['--workers', '2']],
])('a tracer that was registered before gets spans of handshakes: %s', async (_where, args) => {
  const served = await serve(args);
  const peer = await connect(`${served.wsUrl}/echo?access_token=secret`, { headers: { traceparent } });
  await peer.close();
  const [span] = await spansOf(served, 'GET /echo');
  expect(span).toMatchObject({ traceId: parent.traceId, parentId: parent.spanId });
  expect(span?.attributes).toMatchObject({ 'http.response.status_code': 101, 'url.path': '/echo' });
  expect(served.command.stderr).not.toContain('secret');
});

test('and of what is published', async () => {
  const served = await serve();
  const client = await HubClient.connect(served.wsUrl);
  await client.publish('chat/42', 'hello');
  const [span] = await spansOf(served, 'publish');
  expect(span?.attributes).toMatchObject({
    'messaging.destination.name': 'chat/42',
    'messaging.message.body.size': 7,
  });
  client.peer.terminate();
});
