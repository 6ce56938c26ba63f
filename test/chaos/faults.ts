import type { SeededRandom } from 'ieum/testing';

/** Something that goes wrong. `ms` is how long; a node or broker that is killed is started again after it. */
export type Fault =
  | { readonly type: 'reset connections'; readonly share: number }
  | { readonly type: 'freeze connections'; readonly share: number; readonly ms: number }
  | { readonly type: 'swallow bytes'; readonly share: number; readonly ms: number }
  | { readonly type: 'kill node'; readonly node: number; readonly ms: number }
  | { readonly type: 'freeze node'; readonly node: number; readonly ms: number }
  | { readonly type: 'restart broker'; readonly ms: number }
  | { readonly type: 'empty broker'; readonly ms: number }
  | { readonly type: 'freeze broker'; readonly ms: number }
  | { readonly type: 'stall readers'; readonly ms: number };

export interface TimedFault {
  /** From the beginning of the phase. */
  readonly atMs: number;
  readonly fault: Fault;
}

/** Only clients and nodes suffer: nothing of it may cost anybody a message. */
export function calmFaults(random: SeededRandom, durationMs: number, nodes: number): TimedFault[] {
  return every(random, durationMs, [600, 1_800], () =>
    random.below(5) === 0
      ? { type: 'kill node', node: random.below(nodes), ms: 200 + random.below(1_500) }
      : { type: 'reset connections', share: (2 + random.below(15)) / 100 },
  );
}

/** Everything, with what matters most at least once in any minute. */
export function stormFaults(random: SeededRandom, durationMs: number, nodes: number): TimedFault[] {
  const minutes = Math.ceil(durationMs / 60_000);
  const share = durationMs / minutes;
  const sure = Array.from({ length: minutes }, (_, minute) =>
    sureFaults(random, nodes, minute === 0).map(({ at, fault }) => ({
      atMs: Math.round((minute + at) * share),
      fault,
    })),
  );
  const others = every(random, durationMs, [500, 2_000], () => anyFault(random, nodes));
  return [...sure.flat(), ...others].sort((a, b) => a.atMs - b.atMs);
}

/** How long a node stands still so that the others take it for dead: longer than its lease at the broker. */
const beyondLeaseMs = 17_000;

function sureFaults(
  random: SeededRandom,
  nodes: number,
  losesData: boolean,
): { readonly at: number; readonly fault: Fault }[] {
  const away = () => 300 + random.below(2_500);
  return [
    { at: 0.03, fault: { type: 'freeze node', node: random.below(nodes), ms: beyondLeaseMs } },
    { at: 0.08, fault: { type: 'restart broker', ms: away() } },
    { at: 0.22, fault: { type: 'stall readers', ms: 6_000 } },
    { at: 0.4, fault: { type: losesData ? 'empty broker' : 'restart broker', ms: away() } },
    { at: 0.58, fault: { type: 'freeze broker', ms: 1_000 + random.below(5_500) } },
    { at: 0.78, fault: { type: 'stall readers', ms: 4_000 } },
    { at: 0.85, fault: { type: 'restart broker', ms: away() } },
  ];
}

function anyFault(random: SeededRandom, nodes: number): Fault {
  const node = random.below(nodes);
  const share = (2 + random.below(15)) / 100;
  const ms = 500 + random.below(5_000);
  switch (random.below(8)) {
    case 0:
    case 1:
      return { type: 'kill node', node, ms: 100 + random.below(2_000) };
    case 2:
      return { type: 'freeze node', node, ms };
    case 3:
    case 4:
      return { type: 'freeze connections', share, ms };
    case 5:
      return { type: 'swallow bytes', share, ms };
    default:
      return { type: 'reset connections', share };
  }
}

function every(
  random: SeededRandom,
  durationMs: number,
  [least, most]: readonly [number, number],
  make: () => Fault,
): TimedFault[] {
  const faults: TimedFault[] = [];
  for (let atMs = least; atMs < durationMs; atMs += least + random.below(most - least)) {
    faults.push({ atMs, fault: make() });
  }
  return faults;
}
