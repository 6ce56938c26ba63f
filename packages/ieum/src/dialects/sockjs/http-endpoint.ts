import type { ExchangeRequest, HttpExchange, ResponseHeaders } from '../../channel/http-exchange.js';
import {
  type ClientMessages,
  decodeBody,
  formatOf,
  isCallback,
  parsePlace,
  type ReceivingTransport,
  receivingTransports,
  type SessionPlace,
  type SockJsPlace,
} from '../../codecs/sockjs/index.js';

import type { HttpSession } from './http-session.js';
import { iframePage } from './iframe-page.js';
import { openReceiver } from './receiver.js';
import { corsFields, plainText, preflightFields, stickyCookie, uncachedFields } from './response-fields.js';
import type { SessionTable } from './session-table.js';
import type { SockJsSettings } from './sockjs-options.js';
import { describeRequest, type SockJsRequest } from './sockjs-request.js';

/** Answers the HTTP requests below a prefix. */
export class HttpEndpoint {
  readonly #settings: SockJsSettings;
  readonly #sessions: SessionTable;

  constructor(settings: SockJsSettings, sessions: SessionTable) {
    this.#settings = settings;
    this.#sessions = sessions;
  }

  handle(exchange: HttpExchange): void | Promise<void> {
    const { request } = exchange;
    const place = parsePlace(request.path.slice(this.#settings.prefix.length));
    if (place === null || !this.#serves(place)) return refuse(exchange, 404, 'Not found.');
    const methods = methodsOf(place);
    if (!methods.includes(request.method)) {
      return exchange.respond({ status: 405, headers: [['Allow', methods.join(', ')]] });
    }
    if (place.type === 'greeting') return refuse(exchange, 200, 'Welcome to SockJS!');
    if (place.type === 'iframe') return exchange.respond(iframePage(request, this.#settings));
    if (!this.#isAllowed(request)) return refuse(exchange, 403, 'This origin may not connect.');
    if (request.method === 'OPTIONS') return this.#answerPreflight(exchange, place, methods);
    if (place.type === 'info') return this.#tell(exchange);
    return place.type === 'session' && place.transport !== 'websocket'
      ? this.#serve(exchange, place)
      : refuse(exchange, 400, upgradeProblem(request));
  }

  #serves(place: SockJsPlace): boolean {
    const isWebSocket =
      place.type === 'raw-websocket' || (place.type === 'session' && place.transport === 'websocket');
    return this.#settings.webSocket || !isWebSocket;
  }

  /** Only a function of the application can make it throw. */
  #isAllowed(request: ExchangeRequest): boolean {
    try {
      return this.#settings.origins.isAllowed(request);
    } catch (error) {
      this.#settings.reportError(error);
      return false;
    }
  }

  #answerPreflight(exchange: HttpExchange, place: SockJsPlace, methods: readonly string[]): void {
    const headers = [
      ...corsFields(exchange.request),
      ...preflightFields(methods.join(', '), this.#settings.now()),
      ...(place.type === 'session' ? this.#cookieFields(exchange.request) : []),
    ];
    exchange.respond({ status: 204, headers });
  }

  /** What a client asks before it opens a session. */
  #tell(exchange: HttpExchange): void {
    const { webSocket, cookieNeeded, randomWord } = this.#settings;
    exchange.respond({
      status: 200,
      headers: [
        ...corsFields(exchange.request),
        ...uncachedFields(exchange.request),
        ['Content-Type', 'application/json; charset=UTF-8'],
      ],
      body: JSON.stringify({
        websocket: webSocket,
        origins: ['*:*'],
        cookie_needed: cookieNeeded,
        entropy: randomWord(),
      }),
    });
  }

  #serve(exchange: HttpExchange, place: SessionPlace): void | Promise<void> {
    const { transport } = place;
    if (transport === 'xhr_send' || transport === 'jsonp_send') return this.#receive(exchange, place);
    if (transport !== 'websocket') return this.#attach(exchange, place.session, transport);
  }

  async #attach(exchange: HttpExchange, name: string, transport: ReceivingTransport): Promise<void> {
    const { request } = exchange;
    const callback = request.query.get('c') ?? request.query.get('callback') ?? '';
    if (receivingTransports[transport].takesCallback && !isCallback(callback)) {
      const problem = callback === '' ? '"callback" parameter required' : 'invalid "callback" parameter';
      return refuse(exchange, 500, problem, uncachedFields(request));
    }
    const session = this.#sessions.get(name) ?? (await this.#open(exchange, name, transport));
    if (session === null) return undefined;
    const format = formatOf(transport, callback);
    const headers: ResponseHeaders = [...this.#sessionFields(request), ['Content-Type', format.contentType]];
    const { maxResponseBytes } = this.#settings;
    session.attach(openReceiver(exchange, { format, headers, maxResponseBytes }));
  }

  /** Opens a session if the client may; null when it is refused. */
  async #open(
    exchange: HttpExchange,
    name: string,
    transport: ReceivingTransport,
  ): Promise<HttpSession | null> {
    const request = describeRequest(exchange.request, transport, this.#settings);
    const { authenticate } = this.#settings;
    if (authenticate !== null && !(await this.#authenticate(request, authenticate))) {
      const fields = [...this.#sessionFields(exchange.request), ['WWW-Authenticate', 'Bearer'] as const];
      refuse(exchange, 401, 'Not accepted.', fields);
      return null;
    }
    const known = this.#sessions.get(name);
    if (known !== undefined || exchange.signal.aborted) return known ?? null;
    if (this.#sessions.hasRoom) return this.#sessions.open(name, request);
    const fields = [...this.#sessionFields(exchange.request), ['Retry-After', '5'] as const];
    refuse(exchange, 503, 'No room for another session.', fields);
    return null;
  }

  async #authenticate(
    request: SockJsRequest,
    authenticate: NonNullable<SockJsSettings['authenticate']>,
  ): Promise<boolean> {
    try {
      return (await authenticate(request)) === true;
    } catch (error) {
      this.#settings.reportError(error);
      return false;
    }
  }

  async #receive(exchange: HttpExchange, { session: name, transport }: SessionPlace): Promise<void> {
    const fields = this.#sessionFields(exchange.request);
    const session = this.#sessions.get(name);
    if (session === undefined) return refuse(exchange, 404, 'There is no such session.', fields);
    if (session.isFull) return refuse(exchange, 503, 'Too many messages wait.', fields);
    await session.countSend(async () => {
      const body = await exchange.readBody(this.#settings.maxBodyBytes);
      if (body === 'gone') return;
      if (body === 'too-large') return refuse(exchange, 413, 'The body is too large.', fields);
      const decoded = decodeBody(body, exchange.request.header('content-type'));
      if (decoded.type !== 'messages') return refuse(exchange, 500, problems[decoded.type], fields);
      await session.receive(decoded.messages);
      // Some browsers take an empty response for a failure where a form was sent.
      const body204 = { status: 204, headers: [...fields, plainText] };
      exchange.respond(transport === 'xhr_send' ? body204 : { ...body204, status: 200, body: 'ok' });
    });
  }

  #sessionFields(request: ExchangeRequest): ResponseHeaders {
    return [...corsFields(request), ...uncachedFields(request), ...this.#cookieFields(request)];
  }

  #cookieFields(request: ExchangeRequest): ResponseHeaders {
    return this.#settings.cookieNeeded ? stickyCookie(request) : [];
  }
}

function refuse(exchange: HttpExchange, status: number, text: string, fields: ResponseHeaders = []): void {
  exchange.respond({ status, headers: [...fields, plainText], body: `${text}\n` });
}

function methodsOf(place: SockJsPlace): readonly string[] {
  if (place.type === 'info') return ['OPTIONS', 'GET'];
  if (place.type !== 'session') return ['GET'];
  switch (place.transport) {
    case 'xhr':
    case 'xhr_streaming':
    case 'xhr_send':
      return ['OPTIONS', 'POST'];
    case 'jsonp_send':
      return ['POST'];
    default:
      return ['GET'];
  }
}

/** Why a request for a WebSocket is none: what stands between may have taken its fields away. */
function upgradeProblem(request: ExchangeRequest): string {
  const isUpgrade = request.header('upgrade')?.toLowerCase() === 'websocket';
  return isUpgrade ? '"Connection" must be "Upgrade".' : 'Can "Upgrade" only to "WebSocket".';
}

const problems: Readonly<Record<Exclude<ClientMessages['type'], 'messages'>, string>> = {
  empty: 'Payload expected.',
  unexpected: 'Payload expected.',
  broken: 'Broken JSON encoding.',
};
