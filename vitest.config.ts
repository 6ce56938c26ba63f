import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const source = (path: string) => fileURLToPath(new URL(`./packages/${path}`, import.meta.url));

/** Tests run on the sources; what is spawned as a process is what `tsc -b` built. */
const alias = [
  { find: /^ieum$/, replacement: source('ieum/src/index.ts') },
  { find: /^ieum\/core$/, replacement: source('ieum/src/core/index.ts') },
  { find: /^ieum\/hub$/, replacement: source('ieum/src/hub/index.ts') },
  { find: /^ieum\/brokers\/redis$/, replacement: source('ieum/src/brokers/redis/index.ts') },
  { find: /^ieum\/brokers\/nats$/, replacement: source('ieum/src/brokers/nats/index.ts') },
  { find: /^ieum\/dialects\/native$/, replacement: source('ieum/src/dialects/native/index.ts') },
  { find: /^ieum\/dialects\/stomp$/, replacement: source('ieum/src/dialects/stomp/index.ts') },
  { find: /^ieum\/dialects\/engineio$/, replacement: source('ieum/src/dialects/engineio/index.ts') },
  { find: /^ieum\/dialects\/socketio$/, replacement: source('ieum/src/dialects/socketio/index.ts') },
  { find: /^ieum\/dialects\/sockjs$/, replacement: source('ieum/src/dialects/sockjs/index.ts') },
  { find: /^ieum\/testing$/, replacement: source('ieum/src/testing/index.ts') },
  { find: /^@ieum\/check$/, replacement: source('check/src/index.ts') },
];

/** Projects of one group run side by side, groups one after the other. */
const project = (name: string, include: string[], groupOrder = 0) => ({
  resolve: { alias },
  test: { name, include, testTimeout: 20_000, sequence: { groupOrder } },
});

export default defineConfig({
  test: {
    // Many wait for processes and deadlines more than they compute: two at a time, also on two cores.
    maxWorkers: 2,
    projects: [
      project('unit', ['packages/*/src/**/*.test.ts', 'apps/*/src/**/*.test.ts', 'bench/**/*.test.mjs']),
      project('architecture', ['test/architecture/**/*.test.ts']),
      project('whole', [
        'test/{attacks,interop,browser,cli,fuzz,server,client,docs,bench,check,brokers,hub,dialects}/**/*.test.ts',
      ]),
      // Needs both cores.
      project('chaos', ['test/chaos/**/*.test.ts'], 1),
      // Measures: nothing else may run beside it.
      project('budgets', ['test/budgets/**/*.test.ts'], 2),
    ],
  },
});
