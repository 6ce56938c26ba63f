/**
 * @param {string} name one of `suiteNames`
 * @returns {Promise<import('./case.mjs').Case[]>}
 */
export async function loadSuite(name) {
  const suite = await SUITES.get(name)?.();
  if (suite === undefined) throw new Error(`no suite ${name}`);
  return suite.createCases();
}

/** @type {Map<string, () => Promise<{ createCases: () => import('./case.mjs').Case[] }>>} */
const SUITES = new Map([
  ['decoder', () => import('./decoder.mjs')],
  ['deflate', () => import('./deflate.mjs')],
  ['encoder', () => import('./encoder.mjs')],
  ['masking', () => import('./masking.mjs')],
  ['utf8', () => import('./utf8.mjs')],
]);

export const suiteNames = [...SUITES.keys()];
