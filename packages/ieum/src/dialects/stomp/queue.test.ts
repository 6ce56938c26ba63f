import { expect, test } from 'vitest';

import { Publication } from '../../hub/index.js';
import { seededRandom } from '../../testing/seeded-random.js';
import { Queue, type QueueConsumer, type Queued } from './queue.js';

class Consumer implements QueueConsumer {
  readonly taken: Queued[] = [];
  looks = 0;
  room: number;
  readonly #wants: (n: number) => boolean;

  constructor(room: number, wants: (n: number) => boolean = () => true) {
    this.room = room;
    this.#wants = wants;
  }

  get hasRoom(): boolean {
    return this.room > 0;
  }

  accepts({ id }: Publication): boolean {
    this.looks++;
    return this.#wants(Number(id));
  }

  deliverQueued(queued: Queued): void {
    this.room--;
    this.taken.push(queued);
  }

  get numbers(): number[] {
    return this.taken.map(({ publication }) => Number(publication.id));
  }
}

function publication(n: number): Publication {
  const draft = {
    topic: 't',
    format: 'binary',
    payload: new Uint8Array(1),
    headers: {},
    publisher: null,
  } as const;
  return new Publication({ ...draft, id: String(n), key: null }, null, 0);
}

test('a consumer looks at each message once, however often it gets room', () => {
  const queue = new Queue(() => {});
  const picky = new Consumer(1, (n) => n % 100 === 0);
  for (let n = 1; n <= 1_000; n++) queue.add(publication(n));
  queue.addConsumer(picky);
  for (let i = 0; i < 12; i++) {
    picky.room = 1;
    queue.serve(picky);
  }
  expect(picky.numbers).toEqual([100, 200, 300, 400, 500, 600, 700, 800, 900, 1_000]);
  expect(picky.looks).toBeLessThanOrEqual(1_012);
});

test('a new message is offered to consumers, and asks nothing about others', () => {
  const queue = new Queue(() => {});
  const picky = new Consumer(5, (n) => n === 2_000);
  queue.addConsumer(picky);
  for (let n = 1; n <= 2_000; n++) queue.add(publication(n));
  expect([picky.numbers, picky.looks, queue.length]).toEqual([[2_000], 2_000, 1_999]);
});

test('what comes back is found by who had no room, though it looked further already', () => {
  const queue = new Queue(() => {});
  const [first, second] = [new Consumer(2), new Consumer(1)];
  queue.addConsumer(first);
  for (let n = 1; n <= 4; n++) queue.add(publication(n));
  queue.addConsumer(second);
  expect([first.numbers, second.numbers]).toEqual([[1, 2], [3]]);
  queue.deleteConsumer(first);
  queue.giveBack(first.taken);
  second.room = 9;
  queue.serve(second);
  expect(second.taken.map(({ publication: { id }, deliveries }) => [id, deliveries])).toEqual([
    ['3', 1],
    ['1', 2],
    ['2', 2],
    ['4', 1],
  ]);
});

test('no message is lost or doubled, bytes add up', () => {
  for (let seed = 1; seed <= 60; seed++) {
    const random = seededRandom(seed);
    let bytes = 0;
    const queue = new Queue((change) => {
      bytes += change;
    });
    const consumers: Consumer[] = [];
    const done: number[] = [];
    let last = 0;
    for (let step = 0; step < 200; step++) {
      const consumer = consumers[random.below(consumers.length || 1)];
      const action = random.below(6);
      if (action < 2) queue.add(publication(++last));
      else if (action === 2 && consumers.length < 5) {
        const rest = random.below(3);
        const added = new Consumer(random.below(3), (n) => rest === 0 || n % 3 === rest);
        consumers.push(added);
        queue.addConsumer(added);
      } else if (consumer === undefined) continue;
      else if (action === 3) {
        done.push(...consumer.numbers);
        consumer.room += consumer.taken.splice(0).length + 1;
        queue.serve(consumer);
      } else if (action === 4) {
        const refused = consumer.taken.splice(0);
        consumer.room += refused.length;
        queue.giveBack(refused);
        queue.serve(consumer);
      } else if (random.below(4) === 0) {
        consumers.splice(consumers.indexOf(consumer), 1);
        queue.deleteConsumer(consumer);
        queue.giveBack(consumer.taken.splice(0));
      }
    }
    expect(bytes).toBe(queue.length * 513);
    const rest = new Consumer(Infinity);
    for (const consumer of consumers) queue.deleteConsumer(consumer);
    queue.addConsumer(rest);
    const all = [...done, ...rest.numbers, ...consumers.flatMap(({ numbers }) => numbers)];
    expect(all.sort((a, b) => a - b)).toEqual(Array.from({ length: last }, (_, i) => i + 1));
    expect([queue.length, bytes]).toEqual([0, 0]);
  }
});
