export { appliesTo, type Carrier, type Case } from './case.js';
export { allCases } from './cases/index.js';
export { type CheckClientOptions, checkClient } from './check-client.js';
export { CheckError, type CheckErrorCode } from './check-error.js';
export { type CheckServerOptions, checkServer } from './check-server.js';
export { countVerdicts, parseReport, type Report, type ReportedCase } from './report/report.js';
export type { Selection } from './selection.js';
export { type CaseResult, type Verdict, verdicts } from './verdict.js';
export type { LogEntry } from './wire/wire-log.js';
