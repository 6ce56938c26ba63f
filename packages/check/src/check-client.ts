import type { Carrier, Case } from './case.js';
import { CheckError } from './check-error.js';
import { casesFor } from './check-server.js';
import { ClientListener, type ListenOptions } from './client-listener.js';
import { ClientJudge } from './judge-client.js';
import { defaultTimeoutMs } from './judge-server.js';
import { createReport, type Report } from './report/report.js';
import type { Selection } from './selection.js';
import type { CaseResult } from './verdict.js';

/** How a client is checked. */
export interface CheckClientOptions extends Selection {
  /** The name of the implementation in reports. Default: what the client says. */
  readonly agent?: string | undefined;
  /** HTTP/1.1, or extended CONNECT on HTTP/2 (RFC 8441). Default `http1`. */
  readonly carrier?: Carrier | undefined;
  /** Where to listen. Default `127.0.0.1`. */
  readonly host?: string | undefined;
  /** Default 0: a free one. */
  readonly port?: number | undefined;
  /** A certificate and its key, to listen with TLS. */
  readonly tls?: ListenOptions['tls'];
  /** What a case may take that names no time of its own; those that do are stretched alike. Default 5,000. */
  readonly timeoutMs?: number | undefined;
  /** How long a client may stay away between two cases before it counts as gone. Default 30,000. */
  readonly idleTimeoutMs?: number | undefined;
  /** In place of all cases that there are. */
  readonly cases?: readonly Case[] | undefined;
  /** Ends it with the results so far. */
  readonly signal?: AbortSignal | undefined;
  /** Told the URL to which `/cases` and the other paths are appended, and how many cases there are. */
  readonly onListening?: ((url: string, total: number) => void) | undefined;
  /** Told of each result as it is there. */
  readonly onResult?: ((result: CaseResult) => void) | undefined;
}

/**
 * Listens, and judges the client that comes and follows the case protocol, until it connects to `/done`.
 *
 * @throws the system's error when it cannot listen
 * @throws CheckError when no case is selected, or no client has run one
 */
export async function checkClient(options: CheckClientOptions = {}): Promise<Report> {
  const { carrier = 'http1', host = '127.0.0.1', port = 0, timeoutMs = defaultTimeoutMs } = options;
  const startedAt = new Date();
  const cases = casesFor('client', carrier, options);
  let finish: (agent: string | null) => void = () => {};
  const finished = new Promise<string | null>((resolve) => {
    finish = resolve;
  });
  const judge = new ClientJudge({
    cases,
    timeoutMs,
    onResult: (result) => options.onResult?.(result),
    onDone: finish,
  });
  const listener = new ClientListener(
    { carrier, host, port, tls: options.tls },
    (caller) => void judge.serve(caller),
  );
  const url = await listener.listen();
  const watch = watchIdleness(judge, options.idleTimeoutMs ?? 30_000, () => finish(null));
  const stop = (): void => finish(null);
  options.signal?.addEventListener('abort', stop);
  try {
    if (options.signal?.aborted === true) stop();
    options.onListening?.(url, cases.length);
    const name = (await finished) ?? judge.agents.at(-1);
    if (name === undefined) throw new CheckError('ERR_CHECK_NO_CLIENT', 'no client has run a case');
    const agent = options.agent ?? name;
    return createReport({
      agent,
      peer: 'client',
      carrier,
      url,
      startedAt,
      cases,
      results: judge.resultsOf(name),
    });
  } finally {
    clearInterval(watch);
    options.signal?.removeEventListener('abort', stop);
    await listener.close();
  }
}

/** Once a client has begun, it is gone when it stays away for so long. */
function watchIdleness(judge: ClientJudge, idleTimeoutMs: number, handleGone: () => void): NodeJS.Timeout {
  return setInterval(() => {
    if (judge.agents.length > 0 && judge.idleMs > idleTimeoutMs) handleGone();
  }, watchIntervalMs);
}

const watchIntervalMs = 500;
