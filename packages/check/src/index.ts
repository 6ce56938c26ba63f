export { appliesTo, type Carrier, type Case } from './case.js';
export { allCases } from './cases/index.js';
export { type CheckClientOptions, checkClient } from './check-client.js';
export { CheckError, type CheckErrorCode } from './check-error.js';
export { type CheckServerOptions, checkServer } from './check-server.js';
export { type DriveOptions, driveClient, type EchoSocket, type OpenSocket } from './drivers/client-driver.js';
export {
  compareResults,
  type Difference,
  type ExpectedResults,
  expectedOf,
  parseExpected,
} from './report/expected.js';
export { formatHtml } from './report/html/html.js';
export { formatJunit, type JunitOptions } from './report/junit.js';
export { countVerdicts, parseReport, type Report, type ReportedCase } from './report/report.js';
export { formatCounts, formatSummary, type Paint } from './report/summary.js';
export { type Selection, selectCases } from './selection.js';
export { type CaseResult, type Verdict, verdicts } from './verdict.js';
export type { LogEntry } from './wire/wire-log.js';
