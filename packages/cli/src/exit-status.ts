import type { CloseRecord } from 'ieum';

import { ExitStatus } from './command-failure.js';

/** What `ieum connect` exits with after a connection ended so. */
export function exitStatusOf(record: CloseRecord): number {
  const code = record.cause.type === 'violation' ? record.cause.violation.closeCode : record.code;
  if (code >= 3000) return applicationStatus;
  return statuses.get(code) ?? ExitStatus.Failure;
}

/** The table for people. */
export const exitStatusHelp: string = `Exit status, by how the connection ended:
  0  closed in good order: 1000, 1001, 1005
  1  could not be made, or was lost without a Close frame (1006)
  2  wrong usage
  3  the protocol was broken: 1002, 1003, 1007, 1010
  4  a policy or a limit: 1008, 1009
  5  trouble at the server: 1011, 1012, 1013, 1014
  6  a code of the application: 3000-4999
  130, 143  interrupted before the connection was made, or a second time`;

const applicationStatus = 6;
const statuses: ReadonlyMap<number, number> = new Map([
  ...[1000, 1001, 1005].map((code) => [code, ExitStatus.Ok] as const),
  ...[1002, 1003, 1007, 1010].map((code) => [code, 3] as const),
  ...[1008, 1009].map((code) => [code, 4] as const),
  ...[1011, 1012, 1013, 1014].map((code) => [code, 5] as const),
]);
