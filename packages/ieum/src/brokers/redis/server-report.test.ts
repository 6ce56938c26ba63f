import { expect, test } from 'vitest';

import { readReport } from './server-report.js';

test.each([
  ['7.0.15', 'master', 'standalone', { isMaster: true, isCluster: false, hasShardedChannels: true }],
  ['6.2.0', 'slave', 'cluster', { isMaster: false, isCluster: true, hasShardedChannels: false }],
  ['10.1.0', 'master', 'cluster', { isMaster: true, isCluster: true, hasShardedChannels: true }],
])('a server of version %s, %s, %s', (version, role, mode, expected) => {
  const info = `# Server\r\nredis_version:${version}\r\nredis_mode:${mode}\r\n# Replication\r\nrole:${role}\r\n`;
  expect(readReport(info)).toEqual(expected);
});

test.each(['6.0.16', '5.0.0', ''])('version %j is refused', (version) => {
  expect(() => readReport(`redis_version:${version}\r\nrole:master\r\n`)).toThrow(
    expect.objectContaining({ code: 'ERR_HUB_INVALID_OPTION' }),
  );
});
