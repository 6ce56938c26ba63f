import type { ResponseHead } from '../opening/head.js';
import { responseFaults } from '../opening/opening-response.js';
import { Deviation } from '../verdict.js';

import type { WaitOptions } from './wire-options.js';
import { patienceOf, type WireParts } from './wire-parts.js';

/** What a tester that is client expects of the response to its opening request. */
export class ResponseCheck {
  /** The last response that came. */
  response: ResponseHead | null = null;
  readonly #parts: WireParts;

  constructor(parts: WireParts) {
    this.#parts = parts;
  }

  async receive(options: WaitOptions): Promise<ResponseHead | null> {
    const { opening, arrivals } = this.#parts;
    if (opening.role !== 'client') throw new Error('the tester is server: it receives no response');
    const timeoutMs = patienceOf(this.#parts, options);
    const found = await arrivals.wait<ResponseHead | 'end'>(
      () => opening.takeResponse() ?? (arrivals.end === null ? null : 'end'),
      timeoutMs,
    );
    if (found === null) throw new Deviation(`no response came within ${timeoutMs} ms`);
    this.response = found === 'end' ? null : found;
    return this.response;
  }

  async expectAccepted(options: WaitOptions): Promise<void> {
    const { opening } = this.#parts;
    if (opening.role !== 'client') return;
    const response = await this.receive(options);
    if (response === null) throw new Deviation('the server ended the connection without a response');
    if (!opening.isSuccess(response.status)) throw new Deviation(answered(response));
    const faults = responseFaults(response, opening.asked);
    if (faults.length > 0) throw new Deviation(faults.join('; '));
  }

  async expectRefused(statuses: readonly number[], options: WaitOptions): Promise<void> {
    const response = await this.receive(options);
    const { findings } = this.#parts;
    if (response === null) {
      findings.add('non-strict', 'the server ended the connection without a response (RFC 6455 §4.2.1)');
      return;
    }
    if (response.status < 300) throw new Deviation(answered(response));
    if (statuses.length > 0 && !statuses.includes(response.status)) {
      findings.add('non-strict', `the status is ${response.status}, not ${statuses.join(' or ')}`);
    }
  }
}

function answered({ startLine, status }: ResponseHead): string {
  return `the server answered ${startLine === '' ? status : JSON.stringify(startLine)}`;
}
