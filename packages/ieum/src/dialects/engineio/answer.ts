import type { HttpExchange, ResponseHeaders } from '../../channel/http-exchange.js';
import { EngineError, type EngineRefusal } from '../../codecs/engineio/index.js';

/** Answers a request with why it is refused, in JSON. */
export function refuse(
  { exchange, headers }: { readonly exchange: HttpExchange; readonly headers: ResponseHeaders },
  { code, message }: EngineRefusal,
): void {
  exchange.respond({
    status: code === EngineError.Forbidden.code ? 403 : 400,
    headers: [...json, ...headers],
    body: JSON.stringify({ code, message }),
  });
}

const json: ResponseHeaders = [
  ['Content-Type', 'application/json'],
  ['Cache-Control', 'no-store'],
  ['X-Content-Type-Options', 'nosniff'],
];
