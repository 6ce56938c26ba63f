/** Measures one suite, named by the first argument, for the seconds in the second, and prints its costs as JSON. */
import { measureCase } from './measuring.mjs';
import { loadSuite } from './suites.mjs';

const [suiteName = '', seconds = ''] = process.argv.slice(2);
const collectGarbage = globalThis.gc;
if (collectGarbage === undefined) throw new Error('this needs --expose-gc');

const cases = await loadSuite(suiteName);
const costs = [];
for (const tested of cases) {
  const { group, name, bytes } = tested;
  const options = { seconds: Number(seconds), collectGarbage: () => collectGarbage() };
  costs.push({ group, name, bytes, ...(await measureCase(tested, options)) });
}
process.stdout.write(JSON.stringify(costs));
