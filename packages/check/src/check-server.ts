import type { Carrier, Case } from './case.js';
import { appliesTo } from './case.js';
import { allCases } from './cases/index.js';
import { CheckError } from './check-error.js';
import { defaultTimeoutMs, judgeServer } from './judge-server.js';
import { createReport, type Report } from './report/report.js';
import { runCase } from './run-case.js';
import { type Selection, selectCases } from './selection.js';
import { openServerWire } from './server-wire.js';
import { type Target, type TargetOptions, targetOf } from './target.js';
import type { CaseResult } from './verdict.js';

/** How a server is checked. */
export interface CheckServerOptions extends TargetOptions, Selection {
  /** The name of the implementation in reports. Default: host and port. */
  readonly agent?: string | undefined;
  /** HTTP/1.1, or extended CONNECT on HTTP/2 (RFC 8441): by ALPN on `wss:`, by prior knowledge on `ws:`. Default `http1`. */
  readonly carrier?: Carrier | undefined;
  /** What a case may take that names no time of its own; those that do are stretched alike. Default 5,000. */
  readonly timeoutMs?: number | undefined;
  /** How many cases run at a time. Default 4. */
  readonly concurrency?: number | undefined;
  /** In place of all cases that there are. */
  readonly cases?: readonly Case[] | undefined;
  /** No case is begun any more once it is aborted; the report has those that were. */
  readonly signal?: AbortSignal | undefined;
  /** Told once how many cases will run. */
  readonly onStart?: ((total: number) => void) | undefined;
  /** Told of each result as it is there. */
  readonly onResult?: ((result: CaseResult) => void) | undefined;
}

/**
 * Judges a server that sends every message back at `url`.
 *
 * @throws UsageError `ERR_WS_INVALID_URL`
 * @throws CheckError when no case is selected, or when the server cannot be reached or opens no WebSocket: nothing can be
 *   judged then
 */
export async function checkServer(url: string, options: CheckServerOptions = {}): Promise<Report> {
  const { carrier = 'http1', timeoutMs = defaultTimeoutMs, concurrency = 4, signal, onResult } = options;
  const target = targetOf(url, options);
  const startedAt = new Date();
  const cases = casesFor('server', carrier, options);
  await probe(target, carrier, timeoutMs);
  options.onStart?.(cases.length);
  const results = await judgeServer(target, cases, { carrier, timeoutMs, concurrency, signal, onResult });
  const agent = options.agent ?? target.request.authority;
  return createReport({ agent, peer: 'server', carrier, url: target.url, startedAt, cases, results });
}

/** The cases that judge such a peer. @throws CheckError when there are none */
export function casesFor(
  peer: 'server' | 'client',
  carrier: Carrier,
  { cases = allCases, ...selection }: Selection & { readonly cases?: readonly Case[] | undefined },
): Case[] {
  const selected = selectCases(cases, selection).filter((testCase) => appliesTo(testCase, peer, carrier));
  if (selected.length > 0) return selected;
  throw new CheckError(
    'ERR_CHECK_NO_CASES',
    `no case for a ${peer} over ${carrierNames[carrier]} is selected`,
  );
}

async function probe(target: Target, carrier: Carrier, timeoutMs: number): Promise<void> {
  const { verdict, text } = await runCase(probing, (setting) => openServerWire(target, carrier, setting), {
    timeoutMs,
  });
  if (verdict === 'fail') throw new CheckError('ERR_CHECK_UNREACHABLE', text);
}

const probing: Case = {
  id: 'probe',
  title: 'whether there is a server that opens a WebSocket',
  clause: 'RFC 6455 §4',
  group: 'probe',
  judges: 'server',
  over: ['http1', 'http2'],
  sends: 'an opening handshake',
  expects: 'that it is accepted',
  run: () => {},
};

const carrierNames: Readonly<Record<Carrier, string>> = { http1: 'HTTP/1.1', http2: 'HTTP/2' };
