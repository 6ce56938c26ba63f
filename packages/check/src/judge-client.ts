import type { Case } from './case.js';
import { parseClientPath } from './client-protocol.js';
import { caseTimeoutMs } from './judge-server.js';
import type { RequestHead } from './opening/head.js';
import type { ServerSide } from './opening/opening-side.js';
import { type CaseSetting, runCase, type WireLease } from './run-case.js';
import { type CaseResult, Findings } from './verdict.js';
import type { Arrivals } from './wire/arrivals.js';
import type { ByteTransport } from './wire/byte-transport.js';
import type { Sender } from './wire/sender.js';
import { Wire } from './wire/wire.js';
import type { WireLog } from './wire/wire-log.js';

/** A client that has come, its request read and not answered. */
export interface Caller {
  readonly request: RequestHead;
  readonly transport: ByteTransport;
  readonly arrivals: Arrivals;
  readonly sender: Sender;
  readonly log: WireLog;
  readonly opening: ServerSide;
}

export interface JudgeClientOptions {
  readonly cases: readonly Case[];
  /** What a case may take that names no time of its own. */
  readonly timeoutMs: number;
  readonly onResult?: ((result: CaseResult, agent: string) => void) | undefined;
  /** An agent has connected to `/done`. */
  readonly onDone: (agent: string) => void;
}

/** Judges clients as they come, one case for each connection. It knows nothing of where they come to. */
export class ClientJudge {
  readonly #options: JudgeClientOptions;
  readonly #cases: ReadonlyMap<string, Case>;
  readonly #results = new Map<string, Map<string, CaseResult>>();
  #lastActiveAt = Date.now();
  #running = 0;

  constructor(options: JudgeClientOptions) {
    this.#options = options;
    this.#cases = new Map(options.cases.map((testCase) => [testCase.id, testCase]));
  }

  /** Milliseconds since a client was last here. */
  get idleMs(): number {
    return this.#running > 0 ? 0 : Date.now() - this.#lastActiveAt;
  }

  /** The agents that have run a case. */
  get agents(): readonly string[] {
    return [...this.#results.keys()];
  }

  /** The results of an agent; cases that it never came for are failed. */
  resultsOf(agent: string): CaseResult[] {
    const results = this.#results.get(agent);
    return this.#options.cases.map(({ id }) => results?.get(id) ?? missing(id));
  }

  /** Serves one connection to its end. */
  async serve(caller: Caller): Promise<void> {
    this.#running++;
    try {
      await this.#answer(caller);
    } finally {
      this.#running--;
      this.#lastActiveAt = Date.now();
    }
  }

  async #answer(caller: Caller): Promise<void> {
    const path = parseClientPath(caller.request.target);
    if (path === null)
      return refuse(caller, 404, 'the paths are /cases, /case/<id>?agent=<name> and /done?agent=<name>');
    if (path.type === 'cases') return tell(caller, JSON.stringify([...this.#cases.keys()]));
    const agent = path.agent ?? unnamed;
    if (path.type === 'done') {
      await tell(caller, 'thank you');
      this.#options.onDone(agent);
      return;
    }
    const testCase = this.#cases.get(path.id);
    if (testCase === undefined) return refuse(caller, 404, 'there is no such case, or it is not selected');
    await this.#judge(testCase, agent, caller);
  }

  async #judge(testCase: Case, agent: string, caller: Caller): Promise<void> {
    const open = async (setting: CaseSetting): Promise<WireLease> => leaseOf(caller, setting);
    const timeoutMs = caseTimeoutMs(testCase, this.#options.timeoutMs);
    const result = await runCase(testCase, open, { timeoutMs, log: caller.log });
    const results = this.#results.get(agent) ?? new Map<string, CaseResult>();
    this.#results.set(agent, results.set(testCase.id, result));
    this.#options.onResult?.(result, agent);
  }
}

function leaseOf(caller: Caller, setting: Pick<CaseSetting, 'findings' | 'deadline'>): WireLease {
  const { findings, deadline } = setting;
  const wire = new Wire({ ...caller, findings, deadline });
  return { wire, arrivals: caller.arrivals, release: () => caller.transport.destroy() };
}

/** Says something to the client and closes. */
async function tell(caller: Caller, text: string): Promise<void> {
  const { wire, release } = leaseOf(caller, {
    findings: new Findings(),
    deadline: Date.now() + tellTimeoutMs,
  });
  try {
    wire.sendOpening();
    wire.sendMessage('text', text);
    await wire.expectCloseHandshake();
  } catch {
    // What it does wrong here is no case.
  } finally {
    release();
  }
}

async function refuse({ opening, transport }: Caller, status: number, why: string): Promise<void> {
  opening.send({
    status,
    headers: {
      Upgrade: null,
      Connection: 'close',
      'Sec-WebSocket-Accept': null,
      'Content-Length': `${Buffer.byteLength(why)}`,
    },
    body: why,
  });
  transport.end();
  await transport.drained();
  setTimeout(() => transport.destroy(), lingerMs).unref();
}

function missing(id: string): CaseResult {
  return { id, verdict: 'fail', text: 'the client never came for this case', durationMs: 0, log: [] };
}

const unnamed = 'client';
const tellTimeoutMs = 2_000;
const lingerMs = 500;
