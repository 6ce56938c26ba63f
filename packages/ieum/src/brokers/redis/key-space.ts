/** Names of keys and channels. All that belongs to a topic has the same hash tag, and so the same slot of a Cluster. */
export class KeySpace {
  /** Nodes and until when they are known to live. */
  readonly nodes: string;
  readonly #prefix: string;

  constructor(prefix: string) {
    this.#prefix = prefix;
    this.nodes = `${prefix}nodes`;
  }

  /** Where all publications go that pass one server, while somebody follows a pattern. */
  everything(server: string): string {
    return `${this.#prefix}all:${server}`;
  }

  topic(topic: string): TopicKeys {
    const base = `${this.#prefix}{${tagOf(topic)}}`;
    return {
      meta: `${base}:m`,
      stream: `${base}:s`,
      ids: `${base}:i`,
      olderIds: `${base}:j`,
      channel: `${base}:c`,
      members: `${base}:p`,
      memberChannel: `${base}:e`,
    };
  }

  /** The topic whose channel this is; undefined when it is none of ours. */
  topicOf(channel: string): string | undefined {
    const start = this.#prefix.length + 1;
    if (!channel.startsWith(`${this.#prefix}{`) || !channel.endsWith('}:c')) return undefined;
    const tag = channel.slice(start, -3);
    return tag.replaceAll('%7D', '}').replaceAll('%7B', '{').replaceAll('%25', '%');
  }
}

export interface TopicKeys {
  /** Hash: epoch, offset, and what they were made on. */
  readonly meta: string;
  /** Stream: what is kept, by offset and time. */
  readonly stream: string;
  /** Hashes: what was published lately, by id and key; the second one is of the time before. */
  readonly ids: string;
  readonly olderIds: string;
  readonly channel: string;
  /** Hash: info, by node and user. */
  readonly members: string;
  readonly memberChannel: string;
}

/** What is hashed to find a topic's slot. A brace would end it. */
export function tagOf(topic: string): string {
  if (!/[%{}]/.test(topic)) return topic;
  return topic.replaceAll('%', '%25').replaceAll('{', '%7B').replaceAll('}', '%7D');
}
