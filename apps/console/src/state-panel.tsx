import type { JSX } from 'preact';

import { type CloseWords, closeWords } from './close-words.js';
import type { ClosedState, ConnectionState } from './connection.js';
import { formatSpan } from './quantity.js';
import { shortAddress } from './target.js';

interface Props {
  readonly connection: ConnectionState;
  readonly nowMs: number;
}

/** The state of the connection in one spoken line, its facts, and after an end what it means. */
export function StatePanel({ connection, nowMs }: Props): JSX.Element {
  const words = connection.type === 'closed' ? closeWords(connection, location.origin) : undefined;
  return (
    <section
      class="panel state"
      aria-label="Connection"
      data-state={connection.type}
      data-fault={isFault(connection)}
    >
      <p class="state-line" role="status">
        <span class="state-dot" aria-hidden="true" />
        {stateLine(connection, words)}
      </p>
      <dl class="facts">{facts(connection, nowMs).map(([name, value]) => fact(name, value))}</dl>
      {words !== undefined && <Explanation words={words} />}
      {connection.type === 'refused' && <p class="state-meaning">{connection.words}</p>}
    </section>
  );
}

function Explanation({ words }: { readonly words: CloseWords }): JSX.Element {
  return (
    <>
      <p class="state-meaning">{words.meaning}</p>
      {words.checks.length > 0 && (
        <ul class="state-checks">
          {words.checks.map((check) => (
            <li key={check}>{check}</li>
          ))}
        </ul>
      )}
    </>
  );
}

function stateLine(connection: ConnectionState, words: CloseWords | undefined): string {
  switch (connection.type) {
    case 'idle':
      return 'Not connected';
    case 'connecting':
      return 'Connecting…';
    case 'open':
      return `Connected to ${shortAddress(connection.target.url, location.href)}`;
    case 'closing':
      return 'Closing…';
    case 'refused':
      return 'The browser refused this address';
    case 'closed':
      return closedLine(connection.code, words?.title ?? '');
  }
}

function closedLine(code: number, title: string): string {
  if (code === 1006) return `${title} (1006)`;
  return code === 1005 ? 'Closed without a code' : `Closed ${code}: ${title.toLowerCase()}`;
}

function facts(connection: ConnectionState, nowMs: number): [name: string, value: string][] {
  if (connection.type === 'idle') return [];
  const common: [string, string][] = [['URL', connection.target.url]];
  if (connection.type === 'open') {
    return [
      ...common,
      ['subprotocol', connection.subprotocol || 'none'],
      ['extensions', connection.extensions || 'none'],
      ['open for', formatSpan(nowMs - connection.openedAtMs)],
    ];
  }
  return connection.type === 'closed' ? [...common, ...closedFacts(connection)] : common;
}

function closedFacts(closed: ClosedState): [string, string][] {
  const facts: [string, string][] = [];
  if (closed.reason !== '') facts.push(['reason', closed.reason]);
  if (closed.openMs === undefined) return facts;
  facts.push(['closed by', closedBy(closed)], ['was open', formatSpan(closed.openMs)]);
  return facts;
}

function closedBy(closed: ClosedState): string {
  if (!closed.wasClean) return 'nobody: no closing handshake';
  return closed.closedByPage ? 'this page' : 'the server';
}

function isFault(connection: ConnectionState): boolean {
  if (connection.type === 'refused') return true;
  return connection.type === 'closed' && !connection.wasClean && !connection.closedByPage;
}

function fact(name: string, value: string): JSX.Element {
  return (
    <div class="fact" key={name}>
      <dt>{name}</dt>
      <dd title={value}>{value}</dd>
    </div>
  );
}
