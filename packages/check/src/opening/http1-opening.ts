import type { Arrivals } from '../wire/arrivals.js';
import type { Sender } from '../wire/sender.js';
import type { WireLog } from '../wire/wire-log.js';

import { type RequestHead, readHead, requestHead, responseHead } from './head.js';
import { type Asked, encodeOpeningRequest, type RequestTarget } from './opening-request.js';
import { encodeOpeningResponse } from './opening-response.js';
import type { ClientSide, ServerSide } from './opening-side.js';

/** What an opening handshake goes through. */
export interface OpeningParts {
  readonly arrivals: Arrivals;
  readonly sender: Sender;
  readonly log: WireLog;
}

/** The tester opens over HTTP/1.1. */
export function http1Client(to: RequestTarget, { arrivals, sender, log }: OpeningParts): ClientSide {
  let asked: Asked = { key: null, subprotocols: [], extensions: [] };
  const side: ClientSide = {
    role: 'client',
    isSuccess: (status) => status === 101,
    get asked() {
      return asked;
    },
    encode: (changes) => {
      const request = encodeOpeningRequest(to, changes);
      asked = request.asked;
      return request.bytes;
    },
    send: (changes) => {
      const bytes = side.encode(changes);
      sender.write(bytes, headLine(bytes.toString('latin1')));
    },
    takeResponse: () => {
      const head = takeHead(arrivals, log);
      return head === null ? null : responseHead(head.startLine, head.headers);
    },
  };
  return side;
}

/** The tester answers over HTTP/1.1. */
export function http1Server(request: RequestHead, { sender }: OpeningParts): ServerSide {
  return {
    role: 'server',
    request,
    encode: (changes) => encodeOpeningResponse(request, changes),
    send: (changes) => {
      const bytes = encodeOpeningResponse(request, changes);
      sender.write(bytes, headLine(bytes.toString('latin1')));
    },
  };
}

/** The request of a client, when its head is complete. */
export function takeRequest(arrivals: Arrivals, log: WireLog): RequestHead | null {
  const head = takeHead(arrivals, log);
  return head === null ? null : requestHead(head.startLine, head.headers);
}

function takeHead(arrivals: Arrivals, log: WireLog): ReturnType<typeof readHead> {
  const head = readHead(arrivals.peek());
  if (head === null) return null;
  const bytes = arrivals.take(head.length);
  log.received(headLine(bytes.toString('latin1')), bytes);
  return head;
}

/** A head as text for the log, not too long. */
function headLine(text: string): string {
  const lines = text.trimEnd();
  return lines.length > maxLoggedChars ? `${lines.slice(0, maxLoggedChars)}…` : lines;
}

const maxLoggedChars = 1_500;
