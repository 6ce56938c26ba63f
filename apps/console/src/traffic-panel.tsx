import type { JSX } from 'preact';

import { formatBytes, formatCount } from './quantity.js';
import type { Counter, Traffic } from './traffic.js';

interface Props {
  readonly traffic: Traffic;
  readonly bufferedBytes: number;
}

/** Messages and bytes of this connection, and what still waits in the browser. */
export function TrafficPanel({ traffic, bufferedBytes }: Props): JSX.Element {
  return (
    <section class="panel" aria-label="Traffic">
      <table class="traffic">
        <thead>
          <tr>
            <th scope="col" class="panel-title">
              Traffic
            </th>
            <th scope="col">messages</th>
            <th scope="col">per second</th>
            <th scope="col">bytes</th>
          </tr>
        </thead>
        <tbody>
          {counterRow('↑', 'sent', traffic.sent)}
          {counterRow('↓', 'received', traffic.received)}
        </tbody>
      </table>
      <p class="traffic-note">
        <span title="WebSocket.bufferedAmount: sent by the page, not yet handed to the network">
          buffered
        </span>
        <span class="mono">{formatBytes(bufferedBytes)}</span>
      </p>
    </section>
  );
}

function counterRow(arrow: string, name: string, counter: Counter): JSX.Element {
  return (
    <tr>
      <th scope="row">
        <span class="arrow" aria-hidden="true">
          {arrow}
        </span>{' '}
        {name}
      </th>
      <td>{formatCount(counter.messages)}</td>
      <td>{formatCount(counter.messagesPerSecond)}</td>
      <td>{formatBytes(counter.bytes)}</td>
    </tr>
  );
}
