import type { SeededRandom } from 'ieum/testing';

import type { ClientWish, CrowdWish, PublisherWish } from './crowd.js';
import { tokenOf } from './token.js';

/** Classes of topics: the first level of their names. */
export type TopicClass = keyof typeof topicCounts;

/** What the nodes are told about topics. */
export const topicSettings: object = {
  'kept/*': { history: { maxMessages: 2_000, maxAgeMs: 600_000 }, presence: true },
  'short/*': { history: { maxMessages: 5, maxAgeMs: 600_000 } },
  'wait/*': { history: { maxMessages: 1_000, maxAgeMs: 600_000 } },
  'drop/*': {
    history: { maxMessages: 1_000, maxAgeMs: 600_000 },
    slowReader: 'drop-oldest',
    maxQueuedBytes: 131_072,
  },
};

/** Of tokens. */
export const secret = 'a secret of clients that nothing may confuse';

export function topicsOf(topicClass: TopicClass): string[] {
  return Array.from({ length: topicCounts[topicClass] }, (_, i) => `${topicClass}/${i}`);
}

export function allTopics(): string[] {
  return (Object.keys(topicCounts) as TopicClass[]).flatMap(topicsOf);
}

/** What the processes of a crowd do: clients with two topics or three, and some publishers of all. */
export function wishesFor(clients: number, random: SeededRandom): CrowdWish[] {
  const pick = (topicClass: TopicClass) => {
    const topics = topicsOf(topicClass);
    return topics[random.below(topics.length)] as string;
  };
  const wishes = Array.from({ length: clients }, (_, i): ClientWish => {
    const topics = [pick('kept'), pick('kept')];
    if (i % 4 === 0) topics.push(pick('short'));
    if (i % 50 === 10) topics.push(pick('wait'));
    if (i % 50 === 20) topics.push(pick('drop'));
    const watched = i % 10 === 0 ? topics.slice(0, 1) : [];
    return { ...named(`c${i}`), topics: [...new Set(topics)], watched };
  });
  return Array.from({ length: processes }, (_, at) => ({
    clients: wishes.filter((_, i) => i % processes === at),
    publishers: Array.from({ length: publishersEach }, (_, i) => publisherOf(at * publishersEach + i + 1)),
  }));
}

function publisherOf(index: number): PublisherWish {
  return { ...named(`p${index}`), index, topics: allTopics(), everyMs: 200 };
}

function named(name: string): { name: string; token: string } {
  return { name, token: tokenOf(name, secret) };
}

const topicCounts = { kept: 20, short: 4, wait: 1, drop: 1 };
const processes = 2;
const publishersEach = 3;
