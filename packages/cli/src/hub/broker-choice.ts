import type { Broker } from 'ieum/hub';

import { CommandFailure, ExitStatus } from '../command-failure.js';

import { ExchangeBroker, type ExchangeBrokerOptions } from './exchange/exchange-broker.js';

/** Where hubs meet, as `--broker` says: only its own library is loaded. */
export type BrokerChoice = 'memory' | 'redis' | 'nats';

/** Which kind an address is of. Addresses may have passwords: none is repeated. @throws CommandFailure for any other */
export function brokerChoiceOf(address: string): BrokerChoice {
  if (address === 'memory') return 'memory';
  const scheme = /^([a-z][a-z\d+.-]*):\/\/[^\s/]/i.exec(address)?.[1]?.toLowerCase() ?? '';
  const choice = schemes.get(scheme);
  if (choice !== undefined) return choice;
  throw new CommandFailure(
    '--broker takes memory, or an address such as redis://host:6379, rediss://host:6379, nats://host:4222 or tls://host:4222',
    ExitStatus.Usage,
  );
}

/**
 * Makes a broker; null for the hub's own. Rejects with CommandFailure for an address that cannot be one.
 *
 * @param exchange where workers meet that have their topics in memory
 */
export async function createBroker(
  address: string,
  exchange?: ExchangeBrokerOptions,
): Promise<Broker | null> {
  const choice = brokerChoiceOf(address);
  try {
    switch (choice) {
      case 'memory':
        return exchange === undefined ? null : new ExchangeBroker(exchange);
      case 'redis': {
        const { createRedisBroker } = await import('ieum/brokers/redis');
        return createRedisBroker({ url: address });
      }
      case 'nats': {
        const { createNatsBroker } = await import('ieum/brokers/nats');
        return createNatsBroker({ servers: address.split(',').map((server) => server.trim()) });
      }
    }
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new CommandFailure(`--broker: ${withoutCredentials(reason)}`, ExitStatus.Usage, { cause });
  }
}

/** Text less the passwords of the URLs in it. */
export function withoutCredentials(text: string): string {
  return text.replace(/([a-z][a-z\d+.-]*:\/\/)([^\s/?#@]*)@/gi, (_, scheme: string, credentials: string) => {
    const [user = ''] = credentials.split(':', 1);
    // NATS takes a token in the place of the name.
    return credentials.includes(':') ? `${scheme}${user}:***@` : `${scheme}***@`;
  });
}

const schemes: ReadonlyMap<string, BrokerChoice> = new Map([
  ...['redis', 'rediss', 'redis+cluster', 'rediss+cluster', 'redis+sentinel', 'rediss+sentinel'].map(
    (scheme) => [scheme, 'redis'] as const,
  ),
  ['nats', 'nats'],
  ['tls', 'nats'],
]);
