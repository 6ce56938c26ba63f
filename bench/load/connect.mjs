import { performance } from 'node:perf_hooks';
import { Connection } from './connection.mjs';
import { drain, measure, Tally } from './measuring.mjs';
import { Target } from './target.mjs';

/**
 * Opens connections and closes them as soon as they are open, a constant number at a time. A cycle counts when the server has
 * answered the close frame and ended the TCP connection.
 *
 * @param {import('../workloads.mjs').Workload} workload
 * @param {import('./measuring.mjs').Job} job
 */
export async function loadConnect(workload, job) {
  const target = new Target(job.port, workload.path);
  const tally = new Tally();
  const state = { started: 0, running: 0, stopping: false };
  const startCycle = () => {
    state.running++;
    runCycle({ target, tally, localAddress: addressOf(state.started++) }, () => {
      state.running--;
      if (!state.stopping) startCycle();
    });
  };
  for (let i = 0; i < workload.connections; i++) startCycle();
  const result = await measure(job, tally, () => {});
  state.stopping = true;
  await drain(tally, () => state.running);
  return result;
}

/**
 * @param {{ target: Target, tally: Tally, localAddress: string }} cycle
 * @param {() => void} ended
 */
function runCycle({ target, tally, localAddress }, ended) {
  const startedAt = performance.now();
  let answered = false;
  const connection = new Connection(
    target,
    {
      opened: () => {
        tally.reads++;
        tally.latencies.record(performance.now() - startedAt);
        connection.write(CLOSE_FRAME);
      },
      bytes: (byteCount) => {
        tally.reads++;
        if (answered || !isCloseFrame(target.readBuffer, byteCount)) throw new Error('not a close frame');
        answered = true;
      },
      closed: () => {
        if (!answered) throw new Error('the server closed without a close frame');
        tally.messages++;
        ended();
      },
    },
    { localAddress },
  );
}

/**
 * @param {Buffer} chunk
 * @param {number} byteCount
 */
function isCloseFrame(chunk, byteCount) {
  return byteCount >= 2 && chunk[0] === 0x88 && chunk[1] === byteCount - 2;
}

/**
 * A cycle leaves its port unusable for a minute, and one address has 28,000 of them.
 *
 * @param {number} index
 */
function addressOf(index) {
  return `127.0.0.${1 + (index % 200)}`;
}

/** Close code 1000, masked with zeros. */
const CLOSE_FRAME = Buffer.from([0x88, 0x82, 0, 0, 0, 0, 0x03, 0xe8]);
