import { checkClient, checkServer, type Report } from '@ieum/check';
import { expect, test } from 'vitest';

import { createCertificates } from '../support/certificates.js';
import { driveIeum } from '../support/client-drivers.js';
import { serve } from '../support/serve.js';

/** So that no case is above a limit that has nothing to do with it. */
const limits = { maxMessageBytes: 32 * 1024 ** 2, maxFragments: 300_000 } as const;
const patienceMs = 300_000;

/** What is not in order, as `verdict id: text`. */
function deviations({ cases }: Report): string[] {
  const deviating = cases.filter(({ verdict }) => verdict === 'fail' || verdict === 'non-strict');
  return deviating.map(({ verdict, id, text }) => `${verdict} ${id}: ${text}`);
}

test.each(['http1', 'http2'] as const)(
  'our server passes every case over %s',
  async (carrier) => {
    const { url } = await serve({ ...limits, permessageDeflate: true });
    const report = await checkServer(url, { carrier, timeoutMs: 20_000 });
    expect(deviations(report)).toEqual([]);
    expect(report.cases.length).toBeGreaterThan(400);
  },
  patienceMs,
);

test.each(['http1', 'http2'] as const)(
  'our client passes every case over %s',
  async (carrier) => {
    const { authority, server } = await createCertificates();
    let driving: Promise<void> = Promise.resolve();
    const report = await checkClient({
      carrier,
      tls: server,
      timeoutMs: 20_000,
      onListening: (url) => {
        driving = driveIeum(url, { ...limits, permessageDeflate: true, tls: { ca: authority.cert } });
      },
    });
    await driving;
    expect(deviations(report)).toEqual([]);
    expect(report.cases.length).toBeGreaterThan(400);
  },
  patienceMs,
);
