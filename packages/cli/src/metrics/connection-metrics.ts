import type {
  CloseRecord,
  ObservedOpening,
  Peer,
  Refusal,
  ServerObserver,
  Traffic,
  WebSocketServer,
} from 'ieum';
import type { Registry } from 'prom-client';

import type { ServedUser } from '../auth/authentication.js';
import { endpointOf } from '../endpoints.js';

import { addCounter, addGauge, LabelledCount, type Sample } from './sampled-metric.js';

/**
 * Counts connections: it is an observer of a server, and looks at the server when somebody asks. Nothing is kept for a
 * connection.
 */
export class ConnectionMetrics implements ServerObserver<ServedUser> {
  readonly #opened = new LabelledCount(...placeLabels, 'http');
  readonly #closed = new LabelledCount(...placeLabels, 'cause');
  readonly #open = new LabelledCount(...placeLabels);
  readonly #refused = new LabelledCount('status', 'reason');
  /** Messages that were dropped on connections that are gone. */
  readonly #dropped = new LabelledCount(...placeLabels);

  handleOpened(peer: Peer<ServedUser>, { httpVersion }: ObservedOpening): void {
    const place = labelsOf(peer);
    this.#open.add(place);
    this.#opened.add([...place, httpVersion]);
  }

  handleClosed(peer: Peer<ServedUser>, record: CloseRecord): void {
    const place = labelsOf(peer);
    this.#open.add(place, -1);
    this.#closed.add([...place, causeOf(record)]);
    if (peer.droppedMessages > 0) this.#dropped.add(place, peer.droppedMessages);
  }

  handleRefused({ status, reason }: Refusal): void {
    this.#refused.add([String(status), reason]);
  }

  register(registry: Registry, server: Pick<WebSocketServer<ServedUser>, 'peers' | 'traffic'>): void {
    addGauge(registry, { ...metrics.connections, read: () => this.#open });
    addCounter(registry, { ...metrics.opened, read: () => this.#opened });
    addCounter(registry, { ...metrics.closed, read: () => this.#closed });
    addCounter(registry, { ...metrics.refused, read: () => this.#refused });
    addGauge(registry, {
      ...metrics.queued,
      read: () => this.#sum(server.peers, (peer) => peer.bufferedBytes),
    });
    addCounter(registry, {
      ...metrics.dropped,
      read: () => this.#sum(server.peers, (peer) => peer.droppedMessages, this.#dropped),
    });
    for (const [field, metric] of trafficMetrics) {
      addCounter(registry, { ...metric, labels: placeLabels, read: () => trafficOf(server.traffic, field) });
    }
  }

  /** For all that are open, and for those places where none is: what falls to nothing is to be seen at nothing. */
  #sum(
    peers: Iterable<Peer<ServedUser>>,
    measure: (peer: Peer<ServedUser>) => number,
    before: Iterable<Sample> = [],
  ): Iterable<Sample> {
    const sums = new LabelledCount(...placeLabels);
    for (const { labels } of this.#open) sums.add(Object.values(labels), 0);
    for (const { labels, value } of before) sums.add(Object.values(labels), value);
    for (const peer of peers) {
      const value = measure(peer);
      if (value > 0) sums.add(labelsOf(peer), value);
    }
    return sums;
  }
}

/** Why a connection ended, in one word or two. */
export function causeOf({ cause, first }: CloseRecord): string {
  switch (cause.type) {
    case 'closing-handshake':
      return first === 'received' ? 'closed-by-peer' : 'closed-by-us';
    case 'timeout':
      return `timeout-${cause.deadline}`;
    default:
      return cause.type;
  }
}

function labelsOf({ request }: Peer<ServedUser>): readonly string[] {
  return labelsOfPath(request.path);
}

function labelsOfPath(target: string): readonly string[] {
  const { path, dialect, transport } = endpointOf(target);
  return [path ?? 'other', dialect ?? 'other', transport];
}

function trafficOf(traffic: ReadonlyMap<string, Readonly<Traffic>>, field: keyof Traffic): Iterable<Sample> {
  const counts = new LabelledCount(...placeLabels);
  for (const [path, entry] of traffic) counts.add(labelsOfPath(path), entry[field]);
  return counts;
}

const placeLabels = ['path', 'dialect', 'transport'] as const;

const metrics = {
  connections: { name: 'ieum_connections', help: 'Connections that are open.', labels: placeLabels },
  opened: {
    name: 'ieum_connections_opened_total',
    help: 'Opening handshakes that were accepted.',
    labels: [...placeLabels, 'http'],
  },
  closed: {
    name: 'ieum_connections_closed_total',
    help: 'Connections that are gone, by why.',
    labels: [...placeLabels, 'cause'],
  },
  refused: {
    name: 'ieum_handshakes_refused_total',
    help: 'Opening handshakes that were refused.',
    labels: ['status', 'reason'],
  },
  queued: {
    name: 'ieum_send_queue_bytes',
    help: 'Bytes that were sent and that the system has not taken yet.',
    labels: placeLabels,
  },
  dropped: {
    name: 'ieum_messages_dropped_total',
    help: 'Messages that the policy of a send queue dropped.',
    labels: placeLabels,
  },
} as const;

const trafficMetrics: readonly (readonly [
  keyof Traffic,
  { readonly name: string; readonly help: string },
])[] = [
  ['messagesReceived', { name: 'ieum_messages_received_total', help: 'Messages that came in.' }],
  ['messagesSent', { name: 'ieum_messages_sent_total', help: 'Messages that were taken to be sent.' }],
  ['bytesReceived', { name: 'ieum_received_bytes_total', help: 'Bytes of frames that came in.' }],
  ['bytesSent', { name: 'ieum_sent_bytes_total', help: 'Bytes of frames that went out.' }],
];
