import { Buffer } from 'node:buffer';

import { describe, expect, test } from 'vitest';

import { text } from '../support/client-frames.js';
import { DrivenPeer } from './driven-peer.js';
import { accesses, MeasuredServer } from './measured-server.js';
import { destroyAll, maskingKeyLength, shortText } from './workloads.js';

/*
 * What is written in one go is one segment on the loopback interface and arrives as one chunk. Separate writes may be
 * read together by a reader who is late, but not each of so many times.
 */
describe.each(accesses)('with socketAccess %s', (access) => {
  test('the answers to messages that arrived in one chunk leave in one write', async () => {
    const chunks = await MeasuredServer.use(access, async ({ port }) => {
      const peer = await DrivenPeer.open(port, '/echo');
      const chunk = Buffer.concat(Array.from({ length: 32 }, () => frame));
      await peer.exchange(chunk, 32 * answerByteLength, times);
      peer.destroy();
      return peer.chunks;
    });
    expect(chunks, 'chunks that arrived, each of them a write').toBe(times);
  });

  test('what eight publishes in one tick send leaves in one write to each peer', async () => {
    const chunks = await MeasuredServer.use(access, async ({ port }) => {
      const peers = await DrivenPeer.openMany(5, port, '/eightfold');
      for (let i = 0; i < times; i++) {
        const arrived = peers.map((peer) => peer.receive(8 * answerByteLength));
        peers[0]?.send(frame);
        await Promise.all(arrived);
      }
      destroyAll(peers);
      return peers.map((peer) => peer.chunks);
    });
    expect(chunks, 'chunks that arrived at each peer').toEqual(Array(5).fill(times));
  });

  test('no connection has a timer of its own', async () => {
    await MeasuredServer.use(access, async (server) => {
      const before = await server.figures({ countsTimers: true });
      const peers = await DrivenPeer.openMany(connections, server.port, '/echo');
      const open = await server.figures();
      await Promise.all(peers.map((peer) => peer.exchange(frame, answerByteLength, 3)));
      const after = await server.figures();
      destroyAll(peers);
      expect(open.timersMade, 'the count works: deadlines do need a timer').toBeGreaterThan(
        before.timersMade,
      );
      expect(after.timersAlive - before.timersAlive, 'timers that wait').toBeLessThan(connections / 10);
      expect(after.timersMade - open.timersMade, 'timers made for messages').toBeLessThan(connections / 10);
    });
  });
});

const frame = text(shortText);
const answerByteLength = frame.length - maskingKeyLength;
const times = 200;
const connections = 300;
