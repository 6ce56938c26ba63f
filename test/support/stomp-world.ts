import type { StompVersion } from '../../packages/ieum/src/codecs/stomp/index.js';
import { createStompRoute, type StompDialectOptions } from '../../packages/ieum/src/dialects/stomp/index.js';
import { createHub, type HubOptions } from '../../packages/ieum/src/hub/index.js';
import { FakeClock } from '../../packages/ieum/src/testing/fake-clock.js';
import { type HeardFrame, StompWire } from './stomp-wire.js';

/** A hub, a route that speaks STOMP for it, queues open to all, and a way to connect to it by name. */
export async function stompWorld(
  hubOptions: HubOptions<string> = {},
  options: Partial<StompDialectOptions<string>> = {},
) {
  const clock = new FakeClock(1_000);
  const hub = createHub<string>({ clock, ...hubOptions });
  await hub.open();
  const route = createStompRoute<string>({
    hub,
    clock,
    authenticate: ({ login }) => ({ name: login, user: login ?? '' }),
    queues: { authorize: () => true },
    ...options,
  });
  const connect = (login?: string, version?: StompVersion) =>
    StompWire.connected(route, login === undefined ? {} : { login }, version);
  return { clock, hub, route, connect };
}

/** The bodies of the messages among what was heard. */
export function bodiesOf(heard: readonly HeardFrame[]): string[] {
  return heard.filter(({ command }) => command === 'MESSAGE').map(({ body }) => body);
}

/** What was heard, a word for a frame: ERROR and Close with their code. */
export function wordsOf(heard: readonly HeardFrame[]): string[] {
  return heard.map(({ command, headers }) => {
    const detail = headers['ieum-code'] ?? headers['receipt-id'] ?? headers.code;
    return detail === undefined ? command : `${command} ${detail}`;
  });
}
