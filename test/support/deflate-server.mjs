/** A server that takes messages, and tells what they cost: the options are its argument, as JSON. */
import { createServer } from 'ieum';

import { TurnMeter } from './turn-meter.mjs';

let messages = 0;
let bytes = 0;
const turns = new TurnMeter();

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
  process.send?.({ rssBytes: process.memoryUsage().rss, ...turns.take(), messages, bytes });
  messages = 0;
  bytes = 0;
});
process.on('disconnect', () => process.exit());

const { port } = await server.listen();
process.send?.({ port });
