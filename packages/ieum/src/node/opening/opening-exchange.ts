import type { Socket } from 'node:net';

import { checkOpeningResponse, type ResponseExpectation } from '../../core/handshake/client-handshake.js';
import type { ExtensionOffer } from '../../core/handshake/extension-list.js';
import { type HeadDecoder, responseDecoder } from '../../core/handshake/head-decoder.js';
import type { HeaderFields } from '../../core/handshake/header-fields.js';
import type { StatusLine } from '../../core/handshake/start-line.js';

import { done, incomplete, runStage, type Stage, type StageProgress } from '../dial/socket-stage.js';

import { HandshakeError } from './handshake-error.js';

/** A server's final answer to an opening handshake. */
export type OpeningAnswer =
  | {
      readonly type: 'accepted';
      readonly subprotocol: string | undefined;
      readonly extensions: readonly ExtensionOffer[];
      readonly head: Uint8Array;
    }
  | {
      readonly type: 'refused';
      readonly status: number;
      readonly headers: HeaderFields;
      /** What came of the body together with the head. */
      readonly rest: Uint8Array;
    };

/**
 * Sends the request and reads the answer. Bytes behind an accepting answer are its `head`. Rejects with
 * `HandshakeError` or the signal's reason; the socket is destroyed then, and the caller ends it after a refusal.
 */
export async function exchangeOpening(
  socket: Socket,
  request: string,
  expectation: ResponseExpectation,
  options: { readonly signal: AbortSignal; readonly maxHeaderBytes: number },
): Promise<OpeningAnswer> {
  const exchange = new OpeningExchange(socket, expectation, options.maxHeaderBytes);
  socket.write(request, 'latin1');
  await runStage(socket, exchange, options.signal);
  return exchange.answer as OpeningAnswer;
}

class OpeningExchange implements Stage {
  readonly event = 'readable';
  answer: OpeningAnswer | null = null;
  readonly #socket: Socket;
  readonly #expectation: ResponseExpectation;
  readonly #maxHeaderBytes: number;
  #decoder: HeadDecoder<StatusLine>;
  #interimResponses = 0;

  constructor(socket: Socket, expectation: ResponseExpectation, maxHeaderBytes: number) {
    this.#socket = socket;
    this.#expectation = expectation;
    this.#maxHeaderBytes = maxHeaderBytes;
    this.#decoder = responseDecoder({ maxHeaderBytes });
  }

  handleEvent(): StageProgress {
    for (;;) {
      const chunk: Uint8Array | null = this.#socket.read();
      if (chunk === null) return this.#socket.readableEnded ? failed(ended()) : incomplete;
      const progress = this.#receive(chunk);
      if (progress.type !== 'incomplete') return progress;
    }
  }

  describeFailure(cause: Error | undefined): Error {
    return ended(cause);
  }

  #receive(chunk: Uint8Array): StageProgress {
    const step = this.#decoder.receive(chunk);
    if (step.type === 'incomplete') return incomplete;
    if (step.type === 'invalid') {
      return failed(
        new HandshakeError('ERR_WS_HANDSHAKE_HTTP', `the server's answer is not HTTP/1.1: ${step.reason}`),
      );
    }
    const check = checkOpeningResponse(step.head, this.#expectation);
    switch (check.type) {
      case 'interim':
        return this.#skipInterim(step.rest);
      case 'invalid':
        return failed(new HandshakeError(check.code, check.reason));
      case 'accepted':
        this.answer = {
          type: 'accepted',
          subprotocol: check.subprotocol,
          extensions: check.extensions,
          head: step.rest,
        };
        return done;
      case 'refused':
        this.answer = { type: 'refused', status: check.status, headers: check.headers, rest: step.rest };
        return done;
    }
  }

  #skipInterim(rest: Uint8Array): StageProgress {
    if (++this.#interimResponses > maxInterimResponses) {
      return failed(
        new HandshakeError('ERR_WS_HANDSHAKE_HTTP', 'the server sent too many interim responses'),
      );
    }
    this.#decoder = responseDecoder({ maxHeaderBytes: this.#maxHeaderBytes });
    return rest.length === 0 ? incomplete : this.#receive(rest);
  }
}

function failed(error: HandshakeError): StageProgress {
  return { type: 'failed', error };
}

function ended(cause?: Error): HandshakeError {
  const details = cause === undefined ? {} : { cause };
  return new HandshakeError(
    'ERR_WS_HANDSHAKE_ENDED',
    'the server ended the connection during the handshake',
    details,
  );
}

const maxInterimResponses = 8;
