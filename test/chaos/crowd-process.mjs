/** Many clients and some publishers in a process of their own: does what its parent says, one order after the other. */
import { setTimeout as delay } from 'node:timers/promises';

import { CrowdClient } from './crowd-client.mjs';
import { CrowdPublisher } from './crowd-publisher.mjs';

/** @type {CrowdClient[]} */
const clients = [];
/** Those who went away. @type {CrowdClient[]} */
const left = [];
/** @type {CrowdPublisher[]} */
const publishers = [];

/** @type {Record<string, (order: any) => unknown>} */
const orders = {
  begin({ urls, seed, clients: wanted, publishers: wantedPublishers }) {
    const random = randomFrom(seed);
    const whereOf = (/** @type {any} */ { name, token }) => ({ name, token, urls, random });
    for (const wish of wanted) clients.push(new CrowdClient(whereOf(wish), wish));
    for (const wish of wantedPublishers) publishers.push(new CrowdPublisher(whereOf(wish), wish));
  },

  /** Resolves when all are there. */
  async settle({ timeoutMs }) {
    return (await unsatisfied(timeoutMs, ({ isSettled }) => isSettled)).map((client) => client.state);
  },

  /** Publishes one more on each topic; resolves with where they stand. */
  async mark({ topics, bytes = 0, count = 1, timeoutMs }) {
    const [publisher] = publishers;
    if (publisher === undefined) return [];
    const numbers = new Set();
    for (let i = 0; i < count; i++) {
      for (const topic of topics) numbers.add(publisher.publish(topic, bytes));
    }
    const marked = () => publisher.acknowledged.filter(({ number }) => numbers.has(number));
    await until(timeoutMs, () => marked().length === numbers.size);
    return marked();
  },

  /** Has publishers begin nothing new; resolves with how many publications have no answer. */
  async quiet({ timeoutMs }) {
    for (const publisher of publishers) publisher.stop();
    const pending = () => publishers.reduce((sum, publisher) => sum + publisher.pending, 0);
    await until(timeoutMs, () => pending() === 0);
    return pending();
  },

  /** Resolves when all clients have heard all of their topics up to there, with those that have not. */
  async reach({ ends, timeoutMs }) {
    const places = new Map(ends.map((/** @type {any} */ end) => [end.topic, end]));
    const lacks = (/** @type {CrowdClient} */ client) =>
      client.topics.filter((topic) => places.has(topic) && !client.hasReached(topic, places.get(topic)));
    const late = await unsatisfied(timeoutMs, (client) => lacks(client).length === 0);
    return late.flatMap((client) =>
      lacks(client).map(
        (topic) =>
          `${client.name} on ${topic} is at ${JSON.stringify(client.positionOf(topic))}, not ${JSON.stringify(places.get(topic))}`,
      ),
    );
  },

  /** Some clients read nothing for a while. */
  stall({ share, topicClass, ms }) {
    const random = randomFrom(Date.now());
    const chosen = clients.filter(
      ({ topics }) => topics.some((topic) => topic.startsWith(topicClass)) && random() < share,
    );
    for (const { connection } of chosen) connection.stall(ms);
    return chosen.length;
  },

  /** Some clients go away for good: half of them in good order, half without a word. */
  async leave({ share }) {
    const random = randomFrom(clients.length);
    const gone = clients.filter(() => random() < share);
    for (const [i, { connection }] of gone.entries()) {
      if (i % 2 === 0) connection.drop();
      void connection.stop();
    }
    for (const client of gone) clients.splice(clients.indexOf(client), 1);
    left.push(...gone);
    return namesOf(gone);
  },

  /** Whose idea of who is there is not what it should be. */
  async members({ expected, timeoutMs }) {
    const names = new Map(expected.map((/** @type {any} */ [topic, members]) => [topic, members]));
    const wrong = (/** @type {CrowdClient} */ client) =>
      [...client.watched].filter((topic) => !isSame(client.membersOf(topic), names.get(topic)));
    const late = await unsatisfied(timeoutMs, (client) => wrong(client).length === 0);
    return late.flatMap((client) =>
      wrong(client).map(
        (topic) => `${client.name} on ${topic}: ${difference(client.membersOf(topic), names.get(topic))}`,
      ),
    );
  },

  counts() {
    /** @type {Record<string, number>} */
    const gaps = {};
    for (const client of [...clients, ...left]) {
      for (const [name, count] of client.gaps) gaps[name] = (gaps[name] ?? 0) + count;
    }
    /** @type {Record<string, number>} */
    const refusals = {};
    for (const publisher of publishers) {
      for (const [code, count] of publisher.refusals) refusals[code] = (refusals[code] ?? 0) + count;
    }
    const sum = (/** @type {(client: CrowdClient) => number} */ of) =>
      [...clients, ...left].reduce((all, one) => all + of(one), 0);
    return {
      deliveries: sum(({ deliveries }) => deliveries),
      recovered: sum(({ recovered }) => recovered),
      connections: sum(({ connection }) => connection.connections),
      acknowledged: publishers.reduce((all, { acknowledged }) => all + acknowledged.length, 0),
      duplicates: publishers.reduce((all, { duplicates }) => all + duplicates, 0),
      gaps,
      refusals,
    };
  },

  /** Tells all that was heard and acknowledged, in parts. */
  async logs() {
    for (const { acknowledged } of publishers) await tell({ type: 'acknowledged', acknowledged });
    for (const { name, logs } of clients) {
      for (const [topic, log] of logs) await tell({ type: 'heard', client: name, topic, log });
    }
  },

  async end() {
    await Promise.all([...clients, ...publishers].map(({ connection }) => connection.stop()));
  },
};

process.on('message', async (/** @type {any} */ { id, order, ...rest }) => {
  await tell({ type: 'done', id, result: await orders[order]?.(rest) });
  if (order === 'end') process.disconnect();
});
process.on('disconnect', () => process.exit());

/** @param {object} message */
function tell(message) {
  return new Promise((resolve) => process.send?.(message, resolve));
}

/**
 * Clients for which something does not hold, in so many milliseconds.
 *
 * @param {number} timeoutMs
 * @param {(client: CrowdClient) => boolean} holds
 */
async function unsatisfied(timeoutMs, holds) {
  await until(timeoutMs, () => clients.every(holds));
  return clients.filter((client) => !holds(client));
}

/**
 * @param {number} timeoutMs
 * @param {() => boolean} isTrue
 */
async function until(timeoutMs, isTrue) {
  const endAt = Date.now() + timeoutMs;
  while (!isTrue() && Date.now() < endAt) await delay(50);
}

/** @param {readonly { name: string }[]} named */
function namesOf(named) {
  return named.map(({ name }) => name);
}

/**
 * @param {Set<string> | undefined} members
 * @param {readonly string[]} names
 */
function isSame(members, names) {
  return members?.size === names.length && names.every((name) => members.has(name));
}

/**
 * @param {Set<string> | undefined} members
 * @param {readonly string[]} names
 */
function difference(members, names) {
  const missing = names.filter((name) => !members?.has(name));
  const spare = [...(members ?? [])].filter((name) => !names.includes(name));
  return `without ${missing.join(' ') || 'nobody'}, with ${spare.join(' ') || 'nobody else'}`;
}

/**
 * Numbers from 0 to 1, the same for the same seed.
 *
 * @param {number} seed
 */
function randomFrom(seed) {
  let state = (seed ^ 0x9e3779b9) | 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
}
