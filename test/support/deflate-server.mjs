/** A server that takes messages, and tells what they cost: the options are its argument, as JSON. */
import { monitorEventLoopDelay } from 'node:perf_hooks';

import { createServer } from 'ieum';

let messages = 0;
let bytes = 0;
const delay = monitorEventLoopDelay({ resolution: 5 });
delay.enable();

const server = createServer({
  ...JSON.parse(process.argv[2] ?? '{}'),
  routes: {
    '/': {
      message: (_peer, message) => {
        messages++;
        bytes += message.bytes.length;
      },
    },
  },
});

process.on('message', () => {
  const figures = { rssBytes: process.memoryUsage().rss, maxDelayMs: delay.max / 1e6, messages, bytes };
  process.send?.(figures);
  delay.reset();
  messages = 0;
  bytes = 0;
});
process.on('disconnect', () => process.exit());

const { port } = await server.listen();
process.send?.({ port });
