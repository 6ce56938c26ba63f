import type { ExchangeRequest } from '../../channel/http-exchange.js';

import type { UpgradeRequest } from '../upgrade-request.js';

/** A plain HTTP request, described as an opening handshake is. */
export function exchangeRequestOf(
  request: UpgradeRequest,
  method: string,
  httpVersion: ExchangeRequest['httpVersion'],
): ExchangeRequest {
  return {
    method,
    httpVersion,
    path: request.path,
    get query() {
      return request.query;
    },
    header: (name) => {
      const values = request.headers.getAll(name);
      return values.length === 0 ? undefined : values.join(', ');
    },
    cookie: (name) => request.cookie(name),
    host: request.host,
    secure: request.secure,
    address: request.address,
    origin: request.origin,
  };
}
