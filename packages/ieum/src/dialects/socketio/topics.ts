import type { TopicPolicy } from '../../hub/topic-policy.js';

/** How the topics of Socket.IO are kept. */
export interface SocketIoTopicsOptions {
  /** What their names begin with: two servers with the same are one. Default `socket.io`. */
  readonly prefix?: string;
  /** How long a client may be away and miss nothing, in milliseconds. Default two minutes. */
  readonly maxDisconnectionMs?: number;
  /** How many broadcasts it may miss meanwhile, of all rooms. Default 10,000. */
  readonly maxMissed?: number;
  /** The most bytes of one broadcast, or of the data of one socket. Default 1,000,000 and a little. */
  readonly maxPayloadBytes?: number;
}

/**
 * The topics that a hub needs for Socket.IO, to be put beside those of the application:
 * `createHub({ topics: { ...socketIoTopics(), 'chat/*': {} } })`. Clients are to have no right to them: `authorize` is not asked by
 * this dialect, so let it refuse them to everybody.
 */
export function socketIoTopics(options: SocketIoTopicsOptions = {}): Record<string, TopicPolicy> {
  const {
    prefix = defaultPrefix,
    maxDisconnectionMs = 120_000,
    maxMissed = 10_000,
    maxPayloadBytes = 1_000_000 + 32 * 1024,
  } = options;
  const names = topicNames(prefix);
  return {
    [names.stream]: { history: { maxMessages: maxMissed, maxAgeMs: maxDisconnectionMs }, maxPayloadBytes },
    [names.control]: { history: false, maxPayloadBytes },
    [names.replies('*')]: { history: false, maxPayloadBytes },
    [names.session('*')]: {
      history: { maxMessages: 1, maxAgeMs: sessionAgeMs(maxDisconnectionMs) },
      maxPayloadBytes,
    },
  };
}

/** How long what is known of a session is kept that is not saved again. */
function sessionAgeMs(maxDisconnectionMs: number): number {
  return 2 * maxDisconnectionMs;
}

export interface TopicNames {
  readonly stream: string;
  readonly control: string;
  replies(node: string): string;
  session(name: string): string;
}

export function topicNames(prefix: string = defaultPrefix): TopicNames {
  return {
    stream: `${prefix}/stream`,
    control: `${prefix}/control`,
    replies: (node) => `${prefix}/node/${node}`,
    session: (name) => `${prefix}/session/${name}`,
  };
}

const defaultPrefix = 'socket.io';
