import type { Clock } from '../channel/clock.js';
import { UsageError } from '../core/errors.js';
import {
  checkNames,
  requireCount,
  requireFunctions,
  requireObject,
  requireOneOf,
} from '../core/option-check.js';

import type { Broker } from './broker.js';
import type { Contract } from './contract/contract.js';
import type { HubObserver } from './hub-observer.js';
import type { Identity } from './identity.js';
import type { TopicPolicy } from './topic-policy.js';

/**
 * What somebody wants to do with a topic; `subscribe-pattern` with all topics that a pattern stands for. Who may `subscribe`
 * also gets what was published behind the position that they give, as far as it is kept; `history` is for reading pages of it.
 */
export type HubAction = 'subscribe' | 'subscribe-pattern' | 'publish' | 'presence' | 'history';

/**
 * Whether a user may do something with a topic, or with a pattern. Nothing but true lets them.
 * Judge a pattern by what it stands for: who may not read one of its topics may not subscribe to it.
 */
export type Authorize<User> = (
  action: HubAction,
  topic: string,
  user: User,
  identity: Identity<User>,
) => boolean | Promise<boolean>;

/** What becomes of a publication while the broker cannot be reached. */
export type WhenBrokerDown =
  /** It is refused with `ERR_HUB_UNAVAILABLE`. */
  | { readonly type: 'refuse' }
  /** It waits, with others, in order; beyond `maxBytes`, and after `maxWaitMs`, it is refused. */
  | { readonly type: 'buffer'; readonly maxBytes?: number; readonly maxWaitMs?: number };

/** How a hub is made. All times are in milliseconds. */
export interface HubOptions<User = unknown, Agreed extends Contract | undefined = undefined> {
  /** Where this hub meets others. Default: a memory broker of its own. */
  readonly broker?: Broker;
  /**
   * What holds for which topics, by pattern; the most specific one holds. Topics that none has are refused. Default: the
   * topics of the contract, or else `**`, with the defaults of a policy.
   */
  readonly topics?: Readonly<Record<string, TopicPolicy<User>>>;
  /**
   * What may be published on topics, and what is asked and answered: made with `defineContract`. What clients, the
   * application and its handlers give is checked by it, and typed by it. Default: none.
   */
  readonly contract?: Agreed;
  /** Default: everybody may do everything. */
  readonly authorize?: Authorize<User>;
  /** Default: `{ type: 'refuse' }`. */
  readonly whenBrokerDown?: WhenBrokerDown;
  /** Most subscriptions of one session. Default 1,000. */
  readonly maxSubscriptions?: number;
  /** How long before a session expires it is warned. Default 30 s. */
  readonly expiryWarningMs?: number;
  /** How long somebody whose connection broke counts as there. Default 5 s. */
  readonly presenceGraceMs?: number;
  /** Changes of who is there are gathered for so long. Default 100 ms. */
  readonly presenceBatchMs?: number;
  /** How long a topic is followed after its last subscriber has gone. Default 5 s. */
  readonly lingerMs?: number;
  readonly observer?: HubObserver;
  /** Is told what the application's functions throw. Default: standard error. */
  readonly reportError?: (error: unknown) => unknown;
  readonly clock?: Clock;
  /** Milliseconds since 1970, for sessions that expire. Default `Date.now`. */
  readonly now?: () => number;
  /** Makes names that nobody can guess and that no two share. Default `crypto.randomUUID`. */
  readonly createId?: () => string;
}

/** The plain limits and times of a hub. */
export type HubLimits = Required<Pick<HubOptions, (typeof countNames)[number]>>;

/** @returns the limits that are set, and the defaults of the others */
export function limitsOf<User>(options: HubOptions<User, Contract | undefined>): HubLimits {
  return {
    maxSubscriptions: options.maxSubscriptions ?? 1_000,
    expiryWarningMs: options.expiryWarningMs ?? 30_000,
    presenceGraceMs: options.presenceGraceMs ?? 5_000,
    presenceBatchMs: options.presenceBatchMs ?? 100,
    lingerMs: options.lingerMs ?? 5_000,
  };
}

/** @throws UsageError `ERR_WS_INVALID_OPTION` */
export function checkHubOptions<User>(options: HubOptions<User, Contract | undefined>): void {
  requireObject('options', options, "write { topics: { 'chat/*': { history: { maxMessages: 100 } } } }");
  checkNames('a hub', options, { names: optionNames });
  if (options.topics !== undefined) requireObject('topics', options.topics, "write { 'chat/*': { … } }");
  if (options.broker !== undefined) requireBroker(options.broker);
  requireFunctions('', options, ['authorize', 'reportError', 'now', 'createId']);
  for (const name of countNames) {
    const value = options[name];
    if (value === 0 && name !== 'maxSubscriptions') continue;
    if (value !== undefined) requireCount(name, value);
  }
  const { whenBrokerDown } = options;
  if (whenBrokerDown === undefined) return;
  requireObject('whenBrokerDown', whenBrokerDown, "write { type: 'buffer', maxBytes: 1_000_000 }");
  const { type, ...bounds } = whenBrokerDown;
  requireOneOf('whenBrokerDown.type', type, ['refuse', 'buffer']);
  checkNames('whenBrokerDown', bounds, { names: type === 'buffer' ? ['maxBytes', 'maxWaitMs'] : [] });
  for (const [name, value] of Object.entries(bounds)) {
    if (value !== undefined) requireCount(`whenBrokerDown.${name}`, value);
  }
}

/** An address in the place of a broker may have a password: it is not repeated. */
function requireBroker(broker: unknown): void {
  const isObject = typeof broker === 'object' && broker !== null;
  if (isObject && 'open' in broker && typeof broker.open === 'function') return;
  throw new UsageError(
    'ERR_WS_INVALID_OPTION',
    'broker is no broker: write createRedisBroker({ url }) or createNatsBroker({ servers }), or leave it out',
  );
}

const countNames = [
  'maxSubscriptions',
  'expiryWarningMs',
  'presenceGraceMs',
  'presenceBatchMs',
  'lingerMs',
] as const;
const optionNames: readonly (keyof HubOptions)[] = [
  ...countNames,
  'broker',
  'topics',
  'contract',
  'authorize',
  'whenBrokerDown',
  'observer',
  'reportError',
  'clock',
  'now',
  'createId',
];
