/** Where a client subscribes or sends to. */
export type Destination =
  /** A topic of the hub, or a pattern of topics. */
  { readonly type: 'topic'; readonly topic: string } | { readonly type: 'queue'; readonly name: string };

/** What is subscribed to; null for nothing that is. @param owner as `ownerLevel` gives it */
export function readSubscribed(destination: string, owner: string): Destination | null {
  if (!destination.startsWith(userPrefix)) return readShared(destination);
  return { type: 'topic', topic: `${userLevel}/${owner}/${destination.slice(userPrefix.length)}` };
}

/** What is sent to; null for nothing that is. */
export function readSent(destination: string): Destination | null {
  if (!destination.startsWith(userPrefix)) return readShared(destination);
  const slash = destination.indexOf('/', userPrefix.length);
  if (slash === -1) return null;
  const name = destination.slice(userPrefix.length, slash);
  if (name === '') return null;
  return { type: 'topic', topic: `${stompUserTopic(name)}${destination.slice(slash)}` };
}

/** A user as one level of a topic: what could be read as something else is escaped. */
export function ownerLevel(name: string): string {
  return name.replaceAll(/[/*%\p{C}\u2028\u2029]/gu, (character) => {
    const code = character.codePointAt(0) as number;
    return `%${code.toString(16).toUpperCase().padStart(2, '0')}`;
  });
}

/** Who has no name is known by their session: no name is written like that. */
export function namelessLevel(sessionId: string): string {
  return `%session-${sessionId}`;
}

/**
 * The topic that a user's own destinations are below: what is published on `${stompUserTopic('ann')}/queue/mail` reaches all who
 * are connected as ann and subscribe to `/user/queue/mail`.
 */
export function stompUserTopic(name: string): string {
  return `${userLevel}/${ownerLevel(name)}`;
}

/** The destination of what was published on a topic. */
export function destinationOf(topic: string): string {
  if (topic.startsWith(`${queueLevel}/`)) return `${queuePrefix}${topic.slice(queueLevel.length + 1)}`;
  if (!topic.startsWith(`${userLevel}/`)) return `${topicPrefix}${topic}`;
  return `${userPrefix}${topic.slice(topic.indexOf('/', userLevel.length + 1) + 1)}`;
}

/** The topic that stands for a queue where topics are judged and named. */
export function queueTopic(name: string): string {
  return `${queueLevel}/${name}`;
}

/** Whether a topic is somebody's own, or a queue's: what no pattern of other topics stands for. */
export function isReserved(topic: string): boolean {
  const level = topic.slice(0, `${topic}/`.indexOf('/'));
  return level === userLevel || level === queueLevel;
}

function readShared(destination: string): Destination | null {
  if (destination.startsWith(topicPrefix)) {
    const topic = destination.slice(topicPrefix.length);
    return topic === '' || isReserved(topic) ? null : { type: 'topic', topic };
  }
  const name = destination.startsWith(queuePrefix) ? destination.slice(queuePrefix.length) : '';
  return queueName.test(name) ? { type: 'queue', name } : null;
}

const topicPrefix = '/topic/';
const queuePrefix = '/queue/';
const userPrefix = '/user/';
const userLevel = 'stomp-user';
const queueLevel = 'stomp-queue';
/** What a topic may have too, but for its wildcards. */
const queueName = /^[^*\p{Cc}\p{Cs}]{1,200}$/u;
