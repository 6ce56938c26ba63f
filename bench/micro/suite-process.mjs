/** Measures one suite, named by the first argument, for the seconds in the second, and prints its costs as JSON. */
import { measureCase } from './measuring.mjs';
import { loadSuite } from './suites.mjs';

const [suiteName = '', seconds = ''] = process.argv.slice(2);
const collectGarbage = globalThis.gc;
if (collectGarbage === undefined) throw new Error('this needs --expose-gc');

const cases = await loadSuite(suiteName);
const costs = cases.map((tested) => ({
  group: tested.group,
  name: tested.name,
  bytes: tested.bytes,
  ...measureCase(tested, { seconds: Number(seconds), collectGarbage: () => collectGarbage() }),
}));
process.stdout.write(JSON.stringify(costs));
