import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';

import { root } from './source-file.js';

interface ExportMap {
  readonly [subpath: string]: { readonly types: string; readonly default: string };
}

const home = join(root, 'packages/ieum');
const manifest: { exports: ExportMap } = JSON.parse(readFileSync(join(home, 'package.json'), 'utf8'));

test('the export map has these subpaths', () => {
  expect(Object.keys(manifest.exports)).toMatchInlineSnapshot(`
    [
      ".",
      "./core",
      "./hub",
      "./brokers/redis",
      "./brokers/nats",
      "./dialects/native",
      "./dialects/stomp",
      "./dialects/engineio",
      "./dialects/socketio",
      "./dialects/sockjs",
      "./testing",
    ]
  `);
});

describe.each(Object.entries(manifest.exports))('%s', (_subpath, target) => {
  test('is what its source is built to', () => {
    expect(existsSync(sourceOf(target.default))).toBe(true);
    expect(target.types).toBe(target.default.replace(/\.js$/, '.d.ts'));
    expect(target.default).toMatch(/^\.\/dist\/.*\.js$/);
  });

  test('lists its names, and has each that is no type', async () => {
    const names = namesIn(readFileSync(sourceOf(target.default), 'utf8'));
    const values = names.filter((name) => !name.startsWith('type '));
    const module: object = await import(/* @vite-ignore */ sourceOf(target.default));
    expect(Object.keys(module).sort()).toEqual(values.sort());
    expect(new Set(names).size).toBe(names.length);
  });
});

test('ieum exports these names', () => {
  expect(namesAt('index.ts')).toMatchInlineSnapshot(`
    [
      "type Acceptance",
      "type Authenticate",
      "type Authentication",
      "type BinaryMessage",
      "type Channel",
      "type ChooseSubprotocol",
      "type Clock",
      "type Close",
      "type CloseCause",
      "CloseCode",
      "CloseEvent",
      "type CloseEventInit",
      "type CloseRecord",
      "ConnectError",
      "type ConnectErrorCode",
      "type ConnectOptions",
      "type DeflateOptions",
      "type DrainOptions",
      "type DrainReport",
      "type EventHandler",
      "type ExchangeRequest",
      "type FailureCause",
      "FailureEvent",
      "HandshakeError",
      "type HandshakeErrorCode",
      "type HeaderField",
      "type HeaderFields",
      "type HttpExchange",
      "type HttpHandler",
      "type HttpHandlers",
      "type KeepaliveOptions",
      "type ListenOptions",
      "type ListeningAddress",
      "type Message",
      "type ObservedOpening",
      "type OpeningOptions",
      "type OriginPolicy",
      "type Outgoing",
      "type Payload",
      "type Peer",
      "type PeerHandlers",
      "type PeerOptions",
      "type PeerStreams",
      "type PingResult",
      "PreparedMessage",
      "type ReceiveBudget",
      "type Refusal",
      "type ResponseBody",
      "type ResponseHeaders",
      "type Route",
      "type Routes",
      "type SendOptions",
      "type SendPolicy",
      "type SendQueueOptions",
      "type SendResult",
      "type ServerObserver",
      "type ServerOptions",
      "type ServerTlsOptions",
      "SharedConnections",
      "type TextMessage",
      "type Traffic",
      "type UpgradeRequest",
      "UsageError",
      "type UsageErrorCode",
      "type Violation",
      "type ViolationCode",
      "WebSocket",
      "type WebSocketCloseInfo",
      "WebSocketError",
      "type WebSocketEventMap",
      "type WebSocketOpenInfo",
      "type WebSocketOptions",
      "type WebSocketServer",
      "WebSocketStream",
      "type WebSocketStreamOptions",
      "type WholeResponse",
      "accept",
      "connect",
      "createServer",
      "describeCloseCode",
      "prepareMessage",
      "refuse",
    ]
  `);
});

test('ieum/core exports these names', () => {
  expect(namesAt('core/index.ts')).toMatchInlineSnapshot(`
    [
      "type Answer",
      "type AnswerCheck",
      "BinaryMessage",
      "type Close",
      "type CloseCause",
      "CloseCode",
      "type CloseRecord",
      "type ClosedEvent",
      "type ClosingEvent",
      "type ConnectRequest",
      "type ConnectRequestCheck",
      "type ConnectResponseCheck",
      "Connection",
      "type ConnectionEvent",
      "type ConnectionOptions",
      "ConnectionSettings",
      "type ConnectionState",
      "type CreatedOpeningRequest",
      "DecodeStep",
      "type ExtensionOffer",
      "type ExtensionParam",
      "type FrameContext",
      "FrameDecoder",
      "type FrameHeader",
      "type FrameToEncode",
      "type HandshakeFailureCode",
      "type HeadDecoder",
      "type HeadLimits",
      "type HeadStep",
      "type HeaderField",
      "HeaderFields",
      "type KeepaliveOptions",
      "type MaskingKey",
      "type MaskingKeySource",
      "type Message",
      "type MessageExtension",
      "type NegotiationFailureCode",
      "type Offer",
      "type OfferCheck",
      "Opcode",
      "type OpeningRequest",
      "type OpeningRequestCheck",
      "type OpeningRequestOptions",
      "type OpeningRequestShape",
      "type OpeningResponseCheck",
      "type Outgoing",
      "type Payload",
      "type PingEvent",
      "type PongEvent",
      "PreparedMessage",
      "type Refusal",
      "type RequestHead",
      "type RequestLine",
      "type ResponseExpectation",
      "type ResponseHead",
      "type Role",
      "type StatusLine",
      "TextMessage",
      "type TransportDirective",
      "UsageError",
      "type UsageErrorCode",
      "Utf8Validator",
      "type Violation",
      "type ViolationCode",
      "type ViolationEvent",
      "type WebSocketUri",
      "acceptFor",
      "applyMask",
      "checkAnswer",
      "checkClose",
      "checkConnectRequest",
      "checkConnectResponse",
      "checkFrameHeader",
      "checkOffer",
      "checkOpeningRequest",
      "checkOpeningResponse",
      "checkSubprotocols",
      "connectionDefaults",
      "createConnectRequest",
      "createKey",
      "createOpeningRequest",
      "describeCloseCode",
      "encodeFrame",
      "formatAnswer",
      "formatConnectAnswer",
      "formatConnectRefusal",
      "formatExtensionList",
      "formatOffer",
      "formatRefusal",
      "formatSwitchingProtocols",
      "hasToken",
      "isFieldValue",
      "isHost",
      "isKey",
      "isSameOrigin",
      "isToken",
      "isValidUtf8",
      "isWireCloseCode",
      "parseExtensionList",
      "parseSubprotocols",
      "parseTokenList",
      "parseWebSocketUri",
      "prepareMessage",
      "refuse",
      "requestDecoder",
      "responseDecoder",
    ]
  `);
});

test('ieum/testing exports these names', () => {
  expect(namesAt('testing/index.ts')).toMatchInlineSnapshot(`
    [
      "type Chunker",
      "ConnectionPair",
      "type DecodedFrame",
      "DuplexEnd",
      "type DuplexPairOptions",
      "FakeClock",
      "LinkEnd",
      "type LinkOptions",
      "type SeededRandom",
      "atBoundary",
      "coalesced",
      "decodeFrames",
      "duplexPair",
      "link",
      "oneByte",
      "pullEvents",
      "random",
      "receiveBytes",
      "seededRandom",
      "takeBytes",
    ]
  `);
});

test.each(['ieum/node', 'ieum/core/connection.js', 'ieum/dist/index.js', 'ieum/package.json'])(
  '%s does not resolve',
  (specifier) => {
    const { resolve } = createRequire(join(root, 'packages/cli/package.json'));
    expect(() => resolve(specifier)).toThrow(
      expect.objectContaining({ code: 'ERR_PACKAGE_PATH_NOT_EXPORTED' }),
    );
  },
);

test('names are read from explicit lists, and from nothing else', () => {
  const text = "export { a, type B } from './a.js';\nexport type {\n  C,\n  D as E,\n} from './c.js';";
  expect(namesIn(text)).toEqual(['a', 'type B', 'type C', 'type E']);
  expect(() => namesIn("export * from './a.js';")).toThrow();
  expect(() => namesIn('export const a = 1;')).toThrow();
});

function sourceOf(built: string): string {
  return join(home, built.replace('./dist/', './src/').replace(/\.js$/, '.ts'));
}

function namesAt(source: string): string[] {
  return namesIn(readFileSync(join(home, 'src', source), 'utf8')).sort(byName);
}

/** The names that an `index.ts` lists. */
function namesIn(text: string): string[] {
  const lists = [...text.matchAll(/^export (type )?\{([^}]*)\} from '[^']+';$/gm)];
  if (lists.length !== (text.match(/^export\b/gm) ?? []).length)
    throw new Error('an export without a list of names');
  return lists.flatMap(([, type = '', list = '']) =>
    list
      .split(',')
      .map((name) => name.trim().replace(/^(type )?.* as /, '$1'))
      .filter((name) => name !== '')
      .map((name) => (name.startsWith('type ') ? name : `${type}${name}`)),
  );
}

function byName(a: string, b: string): number {
  const [first, second] = [a.replace('type ', ''), b.replace('type ', '')];
  return first < second ? -1 : first > second ? 1 : 0;
}
