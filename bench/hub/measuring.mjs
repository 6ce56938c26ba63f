import { fileURLToPath } from 'node:url';
import { endChild, startChild } from '../children.mjs';
import { BrokerProcess } from './broker-process.mjs';
import { firstLine } from './child-line.mjs';
import { findStack } from './stacks.mjs';

/**
 * Has a stack carry a load once: a broker, two nodes and a load of their own.
 *
 * @param {string} stackName
 * @param {import('./workloads.mjs').HubWorkload} workload
 * @param {{ seconds: number, warmupSeconds: number, isPinned: boolean, maxSubscribers: number, profileFolder: string | undefined }} settings
 * @returns {Promise<import('./load.mjs').HubLoadResult>}
 */
export async function measure(stackName, workload, settings) {
  const { server, broker, dialect, environment } = findStack(stackName);
  const { seconds, warmupSeconds, isPinned, maxSubscribers, profileFolder } = settings;
  const [serverCpu, otherCpu] = isPinned ? [0, 1] : [null, null];
  const brokerProcess = await BrokerProcess.start(broker, otherCpu);
  /** @type {import('../children.mjs').ChildProcess[]} */
  const children = [];
  try {
    for (let node = 0; node < NODES; node++) {
      const program = fileURLToPath(new URL(`servers/${server}`, import.meta.url));
      const command = [process.execPath, ...profilingFlags(profileFolder, `${stackName}-${node}`), program];
      children.push(
        startChild(command, {
          cpu: serverCpu,
          environment: { ...environment, BROKER_URL: brokerProcess.url },
        }),
      );
    }
    const nodes = await Promise.all(children.map((child) => firstLine(child, START_MS)));
    const job = {
      dialect,
      ports: nodes.map(({ port }) => port),
      nodePids: children.map(({ pid }) => pid),
      brokerPid: brokerProcess.pid,
      subscribers: Math.min(workload.subscribers, maxSubscribers),
      inFlight: workload.inFlight,
      seconds,
      warmupSeconds,
    };
    const load = startChild([process.execPath, LOAD, JSON.stringify(job)], { cpu: otherCpu });
    children.push(load);
    return await firstLine(load, (seconds + warmupSeconds + EXTRA_SECONDS) * 1000);
  } finally {
    for (const child of children) await endChild(child);
    await brokerProcess.end();
  }
}

/**
 * @param {string | undefined} folder
 * @param {string} name
 */
function profilingFlags(folder, name) {
  return folder === undefined
    ? []
    : ['--cpu-prof', `--cpu-prof-dir=${folder}`, `--cpu-prof-name=${name}.cpuprofile`];
}

const NODES = 2;
const START_MS = 20_000;
const EXTRA_SECONDS = 90;
const LOAD = fileURLToPath(new URL('load.mjs', import.meta.url));
