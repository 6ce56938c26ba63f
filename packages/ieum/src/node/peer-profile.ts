import { type SendQueueOptions, sendQueueDefaults } from '../channel/send-queue.js';
import { Connection } from '../core/connection.js';
import { ConnectionSettings } from '../core/connection-options.js';
import type { MessageExtension } from '../core/extension.js';
import type { KeepaliveOptions } from '../core/keepalive.js';

import { deflateDefaults } from './deflate/deflate-options.js';
import { DeflateSupport } from './deflate/deflate-support.js';
import type { DriverParts } from './driver-parts.js';
import { type ReceiveBudget, receiveBudgetDefaults } from './inbox.js';
import { createMaskingKeySource } from './masking-key-source.js';
import { checkPeerOptions, keepaliveDefaults, limitsOf, type PeerOptions } from './peer-options.js';
import type { Scheduler } from './scheduler.js';
import type { Traffic } from './server-observer.js';
import type { SocketAccess, Transport } from './transport/transport.js';

/** Peer options worked out once, for all connections that share them: what each of them needs is small then. */
export class PeerProfile {
  /** The same but for the keepalive's interval, which differs so that connections opened together ping apart. */
  readonly #variants: readonly ConnectionSettings[];
  readonly #sendQueue: SendQueueOptions;
  readonly #receiveBudget: ReceiveBudget;
  readonly socketAccess: SocketAccess;
  /** What went to and fro on all connections. */
  readonly traffic: Traffic = { messagesReceived: 0, bytesReceived: 0, messagesSent: 0, bytesSent: 0 };
  /** Null when messages are not to be compressed. */
  readonly deflate: DeflateSupport | null;

  /** @throws UsageError `ERR_WS_INVALID_OPTION` */
  constructor(role: 'server' | 'client', options: PeerOptions) {
    checkPeerOptions(options);
    this.#sendQueue = { ...sendQueueDefaults, ...options.sendQueue };
    this.#receiveBudget = { ...receiveBudgetDefaults, ...options.receiveBudget };
    this.socketAccess = options.socketAccess ?? 'direct';
    this.deflate = deflateSupport(role, options.permessageDeflate);
    const maskingKeys = role === 'client' ? { maskingKeys: createMaskingKeySource() } : {};
    const settings = { ...limitsOf(options), ...maskingKeys, role };
    const plain = new ConnectionSettings(settings);
    this.#variants = keepaliveVariants(role, options.keepalive).map((keepalive) => {
      return new ConnectionSettings({ ...settings, keepalive }, plain);
    });
  }

  /** Builds what a driver needs around a transport whose opening handshake is done. */
  createParts(
    transport: Transport,
    scheduler: Scheduler,
    extension: MessageExtension | null = null,
  ): DriverParts {
    const variant = this.#variants[Math.floor(Math.random() * this.#variants.length)] as ConnectionSettings;
    return {
      transport,
      connection: new Connection(variant, Math.trunc(scheduler.clock.now()), extension),
      scheduler,
      sendQueueOptions: this.#sendQueue,
      receiveBudget: this.#receiveBudget,
      traffic: this.traffic,
    };
  }
}

function deflateSupport(
  role: 'server' | 'client',
  options: PeerOptions['permessageDeflate'],
): DeflateSupport | null {
  if (options === undefined || options === false) return null;
  const support = new DeflateSupport({ ...deflateDefaults, ...(options === true ? {} : options) });
  return role === 'server' || support.canOffer ? support : null;
}

/** Intervals from 80 % to 120 %; a client has one connection and needs one. */
function keepaliveVariants(
  role: 'server' | 'client',
  options: PeerOptions['keepalive'],
): readonly (KeepaliveOptions | null)[] {
  if (options === false) return [null];
  const { intervalMs, graceMs } = { ...keepaliveDefaults, ...options };
  if (role === 'client') return [{ intervalMs: intervalMs * (0.8 + 0.4 * Math.random()), graceMs }];
  return Array.from({ length: variants }, (_, i) => {
    return { intervalMs: intervalMs * (0.8 + (0.4 * i) / (variants - 1)), graceMs };
  });
}

const variants = 32;
