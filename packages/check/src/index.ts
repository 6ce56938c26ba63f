export { appliesTo, type Carrier, type Case } from './case.js';
export { allCases } from './cases/index.js';
export type { CaseResult, Verdict } from './verdict.js';
