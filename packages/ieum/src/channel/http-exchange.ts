/** One HTTP request and the response to it, as dialects see them whose messages travel over HTTP. */
export interface HttpExchange {
  readonly request: ExchangeRequest;
  /** Aborted when the client is gone, or the response is written. */
  readonly signal: AbortSignal;
  /**
   * Reads the body. `too-large` as soon as it has more than `maxBytes`, whatever was announced: answer 413, and nothing more is
   * read. `gone` when the client went away, or kept us waiting too long.
   */
  readBody(maxBytes: number): Promise<Uint8Array | 'too-large' | 'gone'>;
  /** Answers, all at once. Does nothing when the client is gone. */
  respond(response: WholeResponse): void;
  /** Begins an answer whose body is written piece by piece, each piece sent at once and nothing of it held back. */
  begin(status: number, headers: ResponseHeaders): ResponseBody;
}

/** What a client asks for, as far as trusted proxies tell. */
export interface ExchangeRequest {
  readonly method: string;
  /** As the client sent it, without the query. */
  readonly path: string;
  readonly query: URLSearchParams;
  /** The values of a field, joined by commas; undefined when it was not sent. */
  header(name: string): string | undefined;
  /** The value of a cookie; undefined when it was not sent. */
  cookie(name: string): string | undefined;
  readonly host: string;
  /** Whether the client spoke TLS, to us or to a trusted proxy. */
  readonly secure: boolean;
  /** The client's IP address. */
  readonly address: string;
  /** Undefined for most clients that are no browsers. */
  readonly origin: string | undefined;
  readonly httpVersion: '1.0' | '1.1' | '2.0';
}

/** Names and values; a name may come several times. */
export type ResponseHeaders = readonly (readonly [name: string, value: string])[];

export interface WholeResponse {
  readonly status: number;
  readonly headers: ResponseHeaders;
  readonly body?: string | Uint8Array;
}

/** The body of a response that is being written. After the client has gone every method is a no-op. */
export interface ResponseBody {
  /** Sends a piece: `written`, a promise of it when the client reads slowly, or `closed`. */
  write(piece: string | Uint8Array): 'written' | 'closed' | Promise<'written' | 'closed'>;
  /** Bytes that were written and that the operating system has not taken yet. */
  readonly bufferedBytes: number;
  /** Ends the response in good order. */
  end(): void;
  /** Drops the connection, so that the client sees a response that was cut. */
  abort(): void;
}

/** Answers requests for a path, and those below it. Nothing of it may throw or reject. */
export type HttpHandler = (exchange: HttpExchange) => void | Promise<void>;
