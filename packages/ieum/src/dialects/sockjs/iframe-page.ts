import type { ExchangeRequest, WholeResponse } from '../../channel/http-exchange.js';

import { cachedFields } from './response-fields.js';
import type { SockJsSettings } from './sockjs-options.js';

/**
 * The page that a client puts into a hidden frame where its own page may not make requests to us. It speaks for whatever page
 * has it in a frame, so that only those may that could open sessions by themselves.
 */
export function iframePage(
  request: ExchangeRequest,
  { clientUrl, origins, now }: Pick<SockJsSettings, 'clientUrl' | 'origins' | 'now'>,
): WholeResponse {
  const { frameAncestors } = origins;
  const etag = `"1-${encodeURIComponent(`${clientUrl} ${frameAncestors ?? '*'}`).replaceAll('%', '.')}"`;
  const headers = [
    ...cachedFields(now()),
    ['ETag', etag] as const,
    ...(frameAncestors === null
      ? []
      : [['Content-Security-Policy', `frame-ancestors ${frameAncestors}`] as const]),
  ];
  if (isKnown(etag, request.header('if-none-match'))) return { status: 304, headers };
  const contentType = ['Content-Type', 'text/html; charset=UTF-8'] as const;
  return { status: 200, headers: [...headers, contentType], body: pageOf(clientUrl) };
}

/** Whether the client has this very version (RFC 9110 §13.1.2). */
function isKnown(etag: string, ifNoneMatch = ''): boolean {
  const known = ifNoneMatch.split(',').map((entry) => entry.trim().replace(/^W\//, ''));
  return known.includes(etag) || known.includes('*');
}

/** As the protocol has it, to the letter. */
function pageOf(clientUrl: string): string {
  return `<!DOCTYPE html>
<html>
<head>
  <meta http-equiv="X-UA-Compatible" content="IE=edge" />
  <meta http-equiv="Content-Type" content="text/html; charset=UTF-8" />
  <script>
    document.domain = document.domain;
    _sockjs_onload = function(){SockJS.bootstrap_iframe();};
  </script>
  <script src="${clientUrl.replaceAll('&', '&amp;')}"></script>
</head>
<body>
  <h2>Don't panic!</h2>
  <p>This is a SockJS hidden iframe. It's used for cross domain magic.</p>
</body>
</html>`;
}
