/** Clients that come and go, for a parent that asks now and then how they are. */
import { SoakClient, SoakCounts } from './soak-client.mjs';

const [url = '', first = '', count = '', topics = '', startMs = ''] = process.argv.slice(2);
const counts = new SoakCounts();
for (let i = 0; i < Number(count); i++) {
  const place = { index: Number(first) + i, topics: Number(topics), startMs: Number(startMs) };
  new SoakClient(url, counts, place);
}
setInterval(() => process.send?.(counts), 1_000);
process.on('disconnect', () => process.exit());
