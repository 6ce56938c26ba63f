import { UsageError } from './errors.js';
import type { MessageExtension } from './extension.js';
import type { FrameContext, Role } from './frame-header.js';
import { FrameWriter, type MaskingKeySource } from './frame-writer.js';
import type { KeepaliveOptions } from './keepalive.js';
import type { ReadingRules } from './message-reader.js';
import { MessageSender } from './message-sender.js';

export interface ConnectionOptions {
  readonly role: Role;
  /** The largest payload of one message, in bytes, after decoding. Default 1 MiB. Beyond it: close 1009. */
  readonly maxMessageBytes?: number;
  /** The most frames one message may come in, empty ones counted. Default 1024. Beyond it: close 1008. */
  readonly maxFragments?: number;
  /** When to ping a silent peer. Default none: the driver chooses, with jitter. */
  readonly keepalive?: KeepaliveOptions | null;
  /** How long the peer may take to answer our Close frame, and then to end the TCP connection. Default 5,000 ms. */
  readonly closeTimeoutMs?: number;
  /** How long the peer may leave our output unread while some of it waits. Default 60,000 ms. */
  readonly sendTimeoutMs?: number;
  /** How long the peer may send no message before we close with 1001. Default: for ever. */
  readonly idleTimeoutMs?: number;
  /** A client must give one: 32 unpredictable bits at each call. A server must not. */
  readonly maskingKeys?: MaskingKeySource;
}

/** The defaults of every connection. */
export const connectionDefaults: Readonly<
  Record<'maxMessageBytes' | 'maxFragments' | 'closeTimeoutMs' | 'sendTimeoutMs' | 'idleTimeoutMs', number>
> = {
  maxMessageBytes: 1024 * 1024,
  maxFragments: 1024,
  closeTimeoutMs: 5_000,
  sendTimeoutMs: 60_000,
  idleTimeoutMs: Number.POSITIVE_INFINITY,
};

/** What the rules for a frame need to know between messages, and inside one. */
export interface FrameContexts {
  readonly betweenMessages: FrameContext;
  readonly insideMessage: FrameContext;
}

/** Options with their defaults filled in and checked. One object can serve any number of connections. */
export class ConnectionSettings implements Required<Omit<ConnectionOptions, 'maskingKeys'>> {
  readonly role: Role;
  readonly maxMessageBytes: number;
  readonly maxFragments: number;
  readonly keepalive: KeepaliveOptions | null;
  readonly closeTimeoutMs: number;
  readonly sendTimeoutMs: number;
  readonly idleTimeoutMs: number;
  readonly maskingKeys: MaskingKeySource | undefined;
  readonly writer: FrameWriter;
  /** For connections without an extension. */
  readonly sender: MessageSender;
  /** By the reserved bits that an extension claims. */
  readonly #frameContexts = new Map<number, FrameContexts>();
  readonly #plainRules: ReadingRules;

  /**
   * @param like settings that differ in their keepalive only: what connections touch for each message is shared with them
   * @throws UsageError `ERR_WS_INVALID_OPTION`
   */
  constructor(options: ConnectionOptions, like?: ConnectionSettings) {
    this.role = options.role;
    this.maxMessageBytes = positive('maxMessageBytes', options);
    this.maxFragments = positive('maxFragments', options);
    this.closeTimeoutMs = positive('closeTimeoutMs', options);
    this.sendTimeoutMs = positive('sendTimeoutMs', options);
    this.idleTimeoutMs = positive('idleTimeoutMs', options);
    this.keepalive = options.keepalive ?? null;
    this.maskingKeys = options.maskingKeys;
    if (this.keepalive !== null) {
      requirePositive('keepalive.intervalMs', this.keepalive.intervalMs);
      requirePositive('keepalive.graceMs', this.keepalive.graceMs);
    }
    if ((this.role === 'client') !== (this.maskingKeys !== undefined)) {
      throw new UsageError('ERR_WS_INVALID_OPTION', 'maskingKeys go with the role client, and only with it');
    }
    this.writer = like?.writer ?? new FrameWriter(this.maskingKeys);
    this.sender = like?.sender ?? new MessageSender(this, null);
    this.#plainRules = like?.readingRules(null) ?? this.#createRules(null);
  }

  /** What the peer of a connection is held to. Without an extension, it is the same for all. */
  readingRules(extension: MessageExtension | null): ReadingRules {
    return extension === null ? this.#plainRules : this.#createRules(extension);
  }

  #createRules(extension: MessageExtension | null): ReadingRules {
    return { limits: this, contexts: this.#contextsFor(extension?.rsv ?? 0), extension };
  }

  #contextsFor(extensionRsv: number): FrameContexts {
    const known = this.#frameContexts.get(extensionRsv);
    if (known !== undefined) return known;
    const { role } = this;
    const contexts = {
      betweenMessages: { role, insideMessage: false, extensionRsv },
      insideMessage: { role, insideMessage: true, extensionRsv },
    };
    this.#frameContexts.set(extensionRsv, contexts);
    return contexts;
  }
}

/** @throws UsageError `ERR_WS_INVALID_OPTION` unless `value` is a number above zero (infinity allowed) */
export function requirePositive(name: string, value: unknown): void {
  if (typeof value === 'number' && value > 0) return;
  throw new UsageError('ERR_WS_INVALID_OPTION', `${name} must be a number above zero, not ${String(value)}`);
}

function positive(name: keyof typeof connectionDefaults, options: ConnectionOptions): number {
  const value = options[name] === undefined ? connectionDefaults[name] : options[name];
  requirePositive(name, value);
  return value;
}
