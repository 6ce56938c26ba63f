import { expect, test } from 'vitest';

import { text } from '../support/client-frames.js';
import { expectWithin } from './budget.js';
import { DrivenPeer } from './driven-peer.js';
import { type Access, accesses, MeasuredServer } from './measured-server.js';
import { destroyAll, maskingKeyLength, openAndClose, shortText } from './workloads.js';

test.each(accesses)(
  'an idle connection keeps no more than the budget, with socketAccess %s',
  async (access) => {
    const measured = await MeasuredServer.use(access, keptBytes);
    expect(measured).toBeGreaterThan(100);
    const what = `bytes of heap and buffers that an idle connection keeps, socketAccess ${access}`;
    expectWithin({ what, measured, budget: budget[access], hint });
  },
);

/** By each of many connections, all of which have sent and received a message. */
async function keptBytes(server: MeasuredServer): Promise<number> {
  const warmUp = await openAndClose({ connections: 80 })(server.port);
  await warmUp.run();
  const before = await server.figures({ collects: true });
  const peers = await DrivenPeer.openMany(connections, server.port, '/echo');
  const frame = text(shortText);
  await Promise.all(peers.map((peer) => peer.exchange(frame, frame.length - maskingKeyLength, 1)));
  const after = await server.figures({ collects: true });
  destroyAll(peers);
  return (after.heapBytes + after.bufferBytes - before.heapBytes - before.bufferBytes) / connections;
}

const connections = 1_000;

/** Half as much again as the middle one of Node 20, 22 and 24 keeps; at least a fifth more than any of them. */
const budget: Readonly<Record<Access, number>> = { direct: 3_100, public: 5_500 };

const hint = `Look for a field, a closure, a listener or a buffer that each connection now has. MEASURED_FLAGS='--heap-prof
--heap-prof-interval=4096 --heap-prof-dir=<folder>' has the server's process write what allocated what it kept: open it in
Chrome's DevTools (Memory, Load).`;
