import type { LogEntry } from '../../wire/wire-log.js';
import { signs } from '../log-text.js';
import type { ReportedCase } from '../report.js';

import type { ComparedCase } from './compared-case.js';
import { escapeHtml } from './escape.js';

/** A case as a row that unfolds. @param names of the implementations, in the order of the results */
export function formatCase({ about, results }: ComparedCase, names: readonly string[]): string {
  const verdicts = new Set(results.flatMap((result) => (result === undefined ? [] : [result.verdict])));
  const pills = results.map((result, index) => formatVerdict(result, names[index] ?? ''));
  const findings = results.flatMap((result, index) =>
    result === undefined || result.text === '' ? [] : [formatFinding(result, names[index] ?? '')],
  );
  const searched = `${about.id} ${about.title} ${about.clause}`.toLowerCase();
  return `<details class="case" id="${escapeHtml(about.id)}" data-group="${escapeHtml(about.group)}" data-verdicts="${[...verdicts].join(' ')}" data-text="${escapeHtml(searched)}">
<summary><span class="name">${escapeHtml(about.title)} <code>${escapeHtml(about.id)}</code></span>${pills.join('')}</summary>
<div class="body"><dl><dt>Rule</dt><dd>${escapeHtml(about.clause)}</dd><dt>Sent</dt><dd>${escapeHtml(about.sends)}</dd><dt>Expected</dt><dd>${escapeHtml(about.expects)}</dd></dl>${findings.join('')}</div>
</details>
`;
}

function formatVerdict(result: ReportedCase | undefined, name: string): string {
  const verdict = result?.verdict ?? 'none';
  const label = `<small>${escapeHtml(name)}</small> `;
  return `<span class="verdict ${verdict}">${label}${result === undefined ? '–' : verdict}</span>`;
}

function formatFinding({ verdict, text, durationMs, log }: ReportedCase, name: string): string {
  const head = `<p><span class="verdict ${verdict}">${verdict}</span><b>${escapeHtml(name)}</b><span>${escapeHtml(text)}</span></p>`;
  const entries = log.map(formatEntry).join('');
  const lines =
    log.length === 0 ? '' : `<ol class="log" aria-label="wire log, ${durationMs} ms">${entries}</ol>`;
  return `<div class="finding">${head}${lines}</div>`;
}

function formatEntry({ atMs, direction, line, hex = '' }: LogEntry): string {
  const isHead = line.includes('\n');
  const bytes = hex === '' || isHead ? '' : `<small>${escapeHtml(hex)}</small>`;
  const sign = signs[direction] ?? '';
  return `<li class="${escapeHtml(direction)}"><time>${Number(atMs).toFixed(1)} ms</time><i>${sign}</i><div>${escapeHtml(line)}${bytes}</div></li>`;
}
