import {
  JetStreamApiError,
  type JetStreamClient,
  type JetStreamManager,
  jetstream,
  jetstreamManager,
} from '@nats-io/jetstream';
import { connect, errors, type NatsConnection } from '@nats-io/transport-node';

import { HubError } from '../../hub/hub-error.js';

import { type Moment, momentNow } from './moment.js';
import type { NatsSettings } from './nats-options.js';

/** What a link tells its owner. */
export interface LinkHandlers {
  handleLost(error: unknown): void;
  handleRestored(): void;
  /** Servers came or went, so what they handed to each other may be lost. */
  handleTopology(): void;
}

/** What operations work with. */
export interface LinkFaces {
  readonly connection: NatsConnection;
  readonly streams: JetStreamManager;
  readonly jetstream: JetStreamClient;
}

/** A connection to NATS that comes back for ever, and whose operations fail as soon as it is lost. */
export class NatsLink {
  readonly #settings: NatsSettings;
  readonly #handlers: LinkHandlers;
  readonly #pending = new Set<(error: unknown) => void>();
  #faces: LinkFaces | null = null;
  #isConnected = false;
  #lostAt: Moment | null = null;
  /** What the server said of itself: the client forgets it with the connection. */
  #server = { isCluster: false, maxPayloadBytes: 0 };
  #isClosed = false;
  #attempts = 0;
  #wake: (() => void) | null = null;

  constructor(settings: NatsSettings, handlers: LinkHandlers) {
    this.#settings = settings;
    this.#handlers = handlers;
  }

  get isConnected(): boolean {
    return this.#isConnected;
  }

  /** When the connection was lost for the last time. */
  get lostAt(): Moment | null {
    return this.#lostAt;
  }

  /** How long a connection may have been dead before that was noticed. */
  get unnoticedMs(): number {
    return (maxPingOut + 1) * (this.#settings.connection.pingInterval ?? 0);
  }

  /** Whether the server is one of several: only then messages can be lost between servers. */
  get isCluster(): boolean {
    return this.#server.isCluster;
  }

  /** How long one attempt waits for its answer. */
  get attemptMs(): number {
    return Math.max(1, Math.ceil(this.#settings.timeoutMs / 5));
  }

  /** Waits for a server that is not there yet; rejects when it is there and does not want us, or has no JetStream. */
  async open(): Promise<void> {
    const connection = await this.#retry(() => this.#connect());
    try {
      const streams = await this.#retry(() => this.#manager(connection));
      if (this.#isClosed) throw closed();
      this.#faces = {
        connection,
        streams,
        jetstream: jetstream(connection, { timeout: this.attemptMs }),
      };
    } catch (error) {
      await connection.close();
      throw error;
    }
    this.#look(connection);
    this.#isConnected = true;
    this.#watch(connection);
  }

  /** Does something that needs the connection: rejects at once without one, and when it is lost meanwhile. */
  run<Value>(operation: (faces: LinkFaces) => Promise<Value>): Promise<Value> {
    const faces = this.#faces;
    if (faces === null || !this.#isConnected) return Promise.reject(unavailable());
    return new Promise((resolve, reject) => {
      this.#pending.add(reject);
      operation(faces)
        .then(resolve, reject)
        .finally(() => this.#pending.delete(reject));
    });
  }

  /**
   * Does something that may be done again, until it succeeds or the time is up: while a cluster elects a leader, nobody answers
   * or nobody is there.
   */
  async persist<Value>(attempt: () => Promise<Value>): Promise<Value> {
    const until = performance.now() + this.#settings.timeoutMs;
    for (let pauseMs = 25; ; pauseMs = Math.min(2 * pauseMs, 400)) {
      try {
        return await attempt();
      } catch (error) {
        if (!isPassing(error) || !this.#isConnected || performance.now() + pauseMs >= until) throw error;
      }
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
    }
  }

  /** Resolves when the server has everything that was sent so far, interest in subjects included. */
  flush(): Promise<void> {
    return this.run(({ connection }) => connection.flush());
  }

  /** The largest message that the server takes, in bytes. */
  get maxPayloadBytes(): number {
    return this.#server.maxPayloadBytes;
  }

  /** Sends without an answer; false when nothing was sent. Never throws: what was received may be answered with it. */
  send(subject: string, payload: string, reply?: string): boolean {
    if (!this.#isConnected || this.#faces === null) return false;
    try {
      this.#faces.connection.publish(subject, payload, reply === undefined ? {} : { reply });
      return true;
    } catch {
      // The connection has just ended, or the server takes less than it did.
      return false;
    }
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#isConnected = false;
    this.#wake?.();
    this.#failPending(unavailable());
    await this.#faces?.connection.close();
  }

  async #connect(): Promise<NatsConnection> {
    return connect({
      ...this.#settings.connection,
      reconnect: true,
      maxPingOut,
      maxReconnectAttempts: -1,
      ignoreAuthErrorAbort: true,
      reconnectDelayHandler: () => backoffMs(this.#attempts),
    });
  }

  #manager(connection: NatsConnection): Promise<JetStreamManager> {
    return jetstreamManager(connection, { timeout: this.attemptMs }).catch((error) => {
      const isMissing = connection.info?.jetstream !== true || error?.cause instanceof JetStreamApiError;
      if (error?.name !== 'JetStreamNotEnabled' || !isMissing) throw error;
      throw new HubError('ERR_HUB_INVALID_OPTION', 'the NATS server has JetStream not enabled for us', {
        cause: error,
      });
    });
  }

  /** Again and again while nobody is there, with growing pauses. */
  async #retry<Value>(operation: () => Promise<Value>): Promise<Value> {
    for (let attempt = 0; ; attempt++) {
      try {
        return await operation();
      } catch (error) {
        if (this.#isClosed) throw closed();
        if (isFinal(error)) throw asOpenError(error);
      }
      await this.#sleep(backoffMs(attempt));
      if (this.#isClosed) throw closed();
    }
  }

  #sleep(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  async #watch(connection: NatsConnection): Promise<void> {
    let cause: unknown;
    for await (const status of connection.status()) {
      if (this.#isClosed) return;
      if (status.type === 'error') cause = status.error;
      if (status.type === 'disconnect') this.#lose(cause);
      if (status.type === 'reconnecting') this.#attempts++;
      if (status.type === 'update' && (status.deleted?.length ?? 0) > 0) this.#handlers.handleTopology();
      if (status.type === 'reconnect') {
        cause = undefined;
        this.#attempts = 0;
        this.#look(connection);
        this.#isConnected = true;
        this.#handlers.handleRestored();
      }
    }
    if (!this.#isClosed) this.#lose(await connection.closed());
  }

  #look({ info }: NatsConnection): void {
    if (info === undefined) return;
    this.#server = { isCluster: info.cluster !== undefined, maxPayloadBytes: info.max_payload };
  }

  #lose(cause: unknown): void {
    if (!this.#isConnected) return;
    this.#isConnected = false;
    this.#lostAt = momentNow();
    const error = unavailable(cause);
    this.#failPending(error);
    this.#handlers.handleLost(error);
  }

  #failPending(error: unknown): void {
    for (const reject of this.#pending) reject(error);
    this.#pending.clear();
  }
}

export function unavailable(cause?: unknown): HubError {
  return new HubError(
    'ERR_HUB_UNAVAILABLE',
    'NATS cannot be reached',
    cause === undefined ? undefined : { cause },
  );
}

/** What a caller of the broker sees of a failure. */
export function asHubError(error: unknown): HubError {
  return error instanceof HubError ? error : unavailable(error);
}

/** Full jitter, up to five seconds. */
export function backoffMs(attempt: number): number {
  return 20 + Math.floor(Math.random() * Math.min(5_000, 100 * 2 ** Math.min(attempt, 10)));
}

/** What a cluster says, or does not say, while it elects a leader. */
function isPassing(error: unknown): boolean {
  if (error instanceof errors.TimeoutError) return true;
  if (error instanceof JetStreamApiError) return error.status === 503 || error.code === idInProcess;
  return error instanceof Error && error.name === 'JetStreamNotEnabled';
}

function isFinal(error: unknown): boolean {
  if (error instanceof HubError || error instanceof errors.InvalidArgumentError) return true;
  if (error instanceof errors.AuthorizationError) return true;
  if (error instanceof errors.UserAuthenticationExpiredError) return true;
  if (error instanceof errors.PermissionViolationError) return true;
  const { code, message } = error as { code?: unknown; message?: unknown };
  // A server that is being started or stopped breaks connections at any point.
  if (code === 'ECONNRESET') return false;
  return /tls|certificate|secure/i.test(`${String(code)} ${String(message)}`);
}

function closed(): HubError {
  return new HubError('ERR_HUB_CLOSED', 'the broker was closed');
}

function asOpenError(error: unknown): HubError {
  if (error instanceof HubError) return error;
  return new HubError('ERR_HUB_INVALID_OPTION', 'NATS refuses the connection as the options describe it', {
    cause: error,
  });
}

/** Pings that may have no answer. */
const maxPingOut = 2;
/** JetStream's number for a message whose id another one has that is just being stored. */
const idInProcess = 10_158;
