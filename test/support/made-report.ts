import type { Report, ReportedCase } from '../../packages/check/src/report/report.js';
import type { Verdict } from '../../packages/check/src/verdict.js';

/** A report in which cases have these verdicts. Groups are what ids have before the first slash. */
export function reportOf(
  agent: string,
  verdicts: Readonly<Record<string, Verdict>>,
  changes: Partial<Report> = {},
): Report {
  return {
    format: 'ieum-check',
    version: 1,
    agent,
    peer: 'server',
    carrier: 'http1',
    url: 'ws://127.0.0.1:8080/echo',
    startedAt: '2026-01-02T03:04:05.000Z',
    durationMs: 1_234,
    cases: Object.entries(verdicts).map(([id, verdict]) => reportedCase(id, verdict)),
    ...changes,
  };
}

/** One that found something has a log. */
export function reportedCase(id: string, verdict: Verdict, text = `${id} found this`): ReportedCase {
  return {
    id,
    title: `the title of ${id}`,
    clause: 'RFC 6455 §5.2',
    group: id.split('/')[0] ?? id,
    sends: 'a frame',
    expects: 'an answer',
    verdict,
    text: verdict === 'pass' ? '' : text,
    durationMs: 12,
    log:
      verdict === 'pass'
        ? []
        : [
            { atMs: 0.1, direction: 'sent', line: 'GET / HTTP/1.1\r\nHost: x', hex: '47 45', bytes: 23 },
            { atMs: 1.25, direction: 'received', line: 'Close, 2 bytes: 1000', hex: '88 02 03 e8', bytes: 4 },
            { atMs: 2, direction: 'note', line: 'the peer ended its side of the connection' },
          ],
  };
}
