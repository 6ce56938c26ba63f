import { allCases, type Case, checkClient, checkServer, type Report } from '@ieum/check';
import { describe, expect, test } from 'vitest';

import { driveSloppyClient } from './sloppy-client.js';
import { startSloppyServer } from './sloppy-server.js';
import { type Breaks, switches } from './sloppy-switches.js';

const faultless: Breaks = new Set();

describe('a sloppy server', () => {
  test('that breaks no rule passes every case', { timeout: 60_000 }, async () => {
    const report = await judgeServer(faultless, light, patientTimeoutMs);
    expect(blamed(report)).toEqual([]);
  });

  test.concurrent.each(caught('server'))('that %s is caught by %s', async (name, id) => {
    const report = await judgeServer(new Set([name]), casesNamed(id), shortTimeoutMs);
    expect(blamed(report)).toHaveLength(1);
  });
});

describe('a sloppy client', () => {
  test('that breaks no rule passes every case', { timeout: 60_000 }, async () => {
    const report = await judgeClient(faultless, light, patientTimeoutMs);
    expect(blamed(report)).toEqual([]);
  });

  test.concurrent.each(caught('client'))('that %s is caught by %s', async (name, id) => {
    const report = await judgeClient(new Set([name]), casesNamed(id), shortTimeoutMs);
    expect(blamed(report)).toHaveLength(1);
  });
});

test('every switch has its own name', () => {
  const names = switches.map(({ name, server }) => `${name} ${server === undefined}`);
  expect(new Set(names).size).toBe(names.length);
});

async function judgeServer(breaks: Breaks, cases: readonly Case[], timeoutMs?: number): Promise<Report> {
  const { url, close } = await startSloppyServer(breaks);
  try {
    return await checkServer(url, { cases: [...cases], concurrency: 8, timeoutMs });
  } finally {
    await close();
  }
}

async function judgeClient(breaks: Breaks, cases: readonly Case[], timeoutMs?: number): Promise<Report> {
  let driven: Promise<void> = Promise.resolve();
  const report = await checkClient({
    cases,
    timeoutMs,
    onListening: (url) => {
      driven = driveSloppyClient(url, breaks);
    },
  });
  await driven;
  return report;
}

function blamed({ cases }: Report): string[] {
  const bad = cases.filter(({ verdict }) => verdict === 'fail' || verdict === 'non-strict');
  return bad.map(({ id, verdict, text }) => `${id}: ${verdict}: ${text}`);
}

function caught(role: 'server' | 'client'): [string, string][] {
  return switches.flatMap(({ name, [role]: id }) =>
    id === undefined ? [] : [[name, id] as [string, string]],
  );
}

function casesNamed(id: string): Case[] {
  const cases = allCases.filter((testCase) => testCase.id === id);
  expect(cases).toHaveLength(1);
  return cases;
}

/** All but those that are about size: they tell how fast a peer is, and take as long as all others. */
const light = allCases.filter(
  ({ id }) => !/^(?:limits\/|bombs\/1-gib-|framing\/.*1048576|utf8\/.*1048576)/.test(id),
);
/** What a case may take on a machine that has other things to do. */
const patientTimeoutMs = 20_000;
/** What a case may take when the peer may leave it waiting. */
const shortTimeoutMs = 700;
