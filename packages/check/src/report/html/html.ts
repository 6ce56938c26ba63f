import { createHash } from 'node:crypto';

import { type Verdict, verdicts } from '../../verdict.js';
import { countVerdicts, type Report } from '../report.js';
import { formatCase } from './case-view.js';
import { type ComparedCase, compareReports } from './compared-case.js';
import { escapeHtml } from './escape.js';
import { script } from './script.js';
import { style } from './style.js';

/** One HTML file without anything outside of it, that shows reports side by side. */
export function formatHtml(reports: readonly Report[]): string {
  const cases = compareReports(reports);
  const groups = [...new Set(cases.map(({ about }) => about.group))];
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:; script-src 'sha256-${sha256(script)}'; base-uri 'none'; form-action 'none'">
<title>${escapeHtml(titleOf(reports))}</title>
<link rel="icon" href="data:,">
<style>${style}</style>
</head>
<body${reports.length === 1 ? ' class="only-one"' : ''}>
<header>
<h1>${escapeHtml(titleOf(reports))}</h1>
<p>${cases.length} cases on RFC 6455, RFC 7692 and RFC 8441</p>
<ul class="agents">${reports.map(formatAgent).join('')}</ul>
</header>
<main style="--agents: ${reports.length}">
${formatFilters(cases, groups)}
${groups.map((group) => formatGroup(group, cases, reports)).join('')}
<p class="empty" hidden>No case fits these filters.</p>
</main>
<footer>Made by <b>ieum check</b>. <b>pass</b>: as the RFC says or allows; <b>non-strict</b>: left out what it recommends; <b>info</b>: nothing to judge; <b>fail</b>: broke a rule.</footer>
<script>${script}</script>
</body>
</html>
`;
}

function titleOf(reports: readonly Report[]): string {
  const peers = new Set(reports.map(({ peer }) => peer));
  const [only] = reports;
  if (reports.length === 1 && only !== undefined) return `WebSocket conformance of ${only.agent}`;
  return `WebSocket conformance of ${reports.length} ${peers.size === 1 ? `${[...peers][0]}s` : 'implementations'}`;
}

function formatAgent(report: Report): string {
  const counts = countVerdicts(report.cases);
  const present = verdicts.filter((verdict) => counts[verdict] > 0);
  const segments = present.map(
    (verdict) => `<span class="${verdict}" style="flex: ${counts[verdict]} 0 0"></span>`,
  );
  const numbers = [...present]
    .reverse()
    .map((verdict) => `<span><b>${counts[verdict]}</b> ${verdict}</span>`);
  const place = report.peer === 'server' ? [report.url] : [];
  const about = [report.peer, carrierOf(report), ...place, report.startedAt.slice(0, 10)].map(
    (part) => `<span>${escapeHtml(part)}</span>`,
  );
  return `<li><h2>${escapeHtml(report.agent)}</h2><p>${about.join(' ')}</p>
<div class="bar" aria-hidden="true">${segments.join('')}</div><div class="counts">${numbers.join('')}</div></li>`;
}

function formatFilters(cases: readonly ComparedCase[], groups: readonly string[]): string {
  const chips = [...verdicts].reverse().map((verdict) => formatChip(verdict, cases));
  const options = groups.map((group) => `<option>${escapeHtml(group)}</option>`);
  return `<form class="filters" hidden>
<fieldset><legend>Verdicts</legend>${chips.join('')}</fieldset>
<label><span class="hidden">Group</span><select name="group"><option value="">all groups</option>${options.join('')}</select></label>
<input type="search" name="text" placeholder="Search cases" aria-label="Search cases" autocomplete="off">
<span class="count" role="status"></span>
</form>`;
}

function formatChip(verdict: Verdict, cases: readonly ComparedCase[]): string {
  const count = cases.filter(({ results }) => results.some((result) => result?.verdict === verdict)).length;
  const input = `<input type="checkbox" name="verdict" value="${verdict}"${count > 0 ? ' checked' : ''}>`;
  return `<label class="chip">${input}<span class="${verdict}">${verdict} <b>${count}</b></span></label>`;
}

function formatGroup(group: string, cases: readonly ComparedCase[], reports: readonly Report[]): string {
  const own = cases.filter(({ about }) => about.group === group);
  const names = reports.map((report) => `<span>${escapeHtml(columnName(report, reports))}</span>`);
  const rows = own.map((one) =>
    formatCase(
      one,
      reports.map((report) => columnName(report, reports)),
    ),
  );
  return `<section class="group">
<div class="heading"><h2>${escapeHtml(group)}</h2>${names.join('')}</div>
<div class="rows">${rows.join('')}</div>
</section>`;
}

/** The name of an implementation, with what tells it from another one of the same name. */
function columnName(report: Report, reports: readonly Report[]): string {
  const namesakes = reports.filter(({ agent }) => agent === report.agent);
  if (namesakes.length === 1) return report.agent;
  const isCarrier = namesakes.some(({ carrier }) => carrier !== report.carrier);
  return `${report.agent} ${isCarrier ? carrierOf(report) : report.peer}`;
}

function carrierOf({ carrier }: Report): string {
  return carrier === 'http2' ? 'HTTP/2' : 'HTTP/1.1';
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('base64');
}
