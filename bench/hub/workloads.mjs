/**
 * @typedef {object} HubWorkload
 * @property {string} name
 * @property {number} subscribers of one topic, half of them on each node
 * @property {number} inFlight publications on their way: the next one is published when the oldest has reached everybody
 * @property {number | null} target what ieum has to reach beside Socket.IO, in deliveries per CPU second
 * @property {string} about
 */

/** @type {readonly HubWorkload[]} */
export const workloads = [
  {
    name: 'fan1k',
    subscribers: 1_000,
    inFlight: 1,
    target: null,
    about: '64 bytes to 1,000 subscribers on two nodes, one publication at a time',
  },
  {
    name: 'fan1kp4',
    subscribers: 1_000,
    inFlight: 4,
    target: 3,
    about: 'the same with 4 publications in flight',
  },
  {
    name: 'fan1kp16',
    subscribers: 1_000,
    inFlight: 16,
    target: 3,
    about: 'the same with 16 publications in flight',
  },
  {
    name: 'fan10k',
    subscribers: 10_000,
    inFlight: 1,
    target: null,
    about: '64 bytes to 10,000 subscribers on two nodes, one publication at a time',
  },
];

export const workloadNames = workloads.map(({ name }) => name);

/** @param {string} name */
export function findWorkload(name) {
  const workload = workloads.find((one) => one.name === name);
  if (workload === undefined) throw new Error(`there is no workload ${name}`);
  return workload;
}
