import { once } from 'node:events';
import http2, { type ClientHttp2Session } from 'node:http2';
import { TLSSocket } from 'node:tls';

import type { Carrier } from './case.js';
import { http1Client } from './opening/http1-opening.js';
import { http2Client } from './opening/http2-opening.js';
import type { CaseSetting, WireLease } from './run-case.js';
import type { Target } from './target.js';
import { Deviation } from './verdict.js';
import { Arrivals } from './wire/arrivals.js';
import { connectStream, connectTransport, type TransportTarget } from './wire/connect-transport.js';
import { Http2ClientTransport } from './wire/http2-transport.js';
import { Sender } from './wire/sender.js';
import { Wire } from './wire/wire.js';

/** Connects to a server for one case; the opening handshake is still to come. @throws when there is no connection */
export function openServerWire(target: Target, carrier: Carrier, setting: CaseSetting): Promise<WireLease> {
  return carrier === 'http1' ? openHttp1(target, setting) : openHttp2(target, setting);
}

async function openHttp1(
  target: Target,
  { findings, log, deadline, signal }: CaseSetting,
): Promise<WireLease> {
  const transport = await connectTransport(target.transport, signal);
  const arrivals = new Arrivals(transport, log);
  const sender = new Sender(transport, log, true);
  const opening = http1Client(target.request, { arrivals, sender, log });
  const wire = new Wire({ transport, arrivals, sender, opening, findings, log, deadline });
  return { wire, arrivals, release: () => transport.destroy() };
}

async function openHttp2(
  target: Target,
  { findings, log, deadline, signal }: CaseSetting,
): Promise<WireLease> {
  const session = await connectSession(target.transport, signal);
  const transport = new Http2ClientTransport(session);
  const arrivals = new Arrivals(transport, log);
  const sender = new Sender(transport, log, true);
  const opening = http2Client(target.request, transport, log);
  const wire = new Wire({ transport, arrivals, sender, opening, findings, log, deadline });
  return { wire, arrivals, release: () => transport.destroy() };
}

/** A session whose server has announced extended CONNECT (RFC 8441 §3). */
async function connectSession(target: TransportTarget, signal: AbortSignal): Promise<ClientHttp2Session> {
  const { stream } = await connectStream(target, ['h2'], signal);
  if (stream instanceof TLSSocket && stream.alpnProtocol !== 'h2') {
    stream.destroy();
    throw new Deviation(
      'the server does not speak HTTP/2 here: it did not choose h2 by ALPN (RFC 9113 §3.2)',
    );
  }
  const settings = { initialWindowSize: windowBytes };
  const session = http2.connect('http://localhost', { createConnection: () => stream, settings });
  session.on('error', () => {});
  session.on('connect', () => session.setLocalWindowSize(windowBytes));
  try {
    const [settings] = (await once(session, 'remoteSettings', { signal })) as [http2.Settings];
    if (settings.enableConnectProtocol === true) return session;
  } catch (cause) {
    session.destroy();
    throw new Deviation('the server sent no SETTINGS of HTTP/2 (RFC 9113 §3.4)', { cause });
  }
  session.destroy();
  throw new Deviation('the server does not announce SETTINGS_ENABLE_CONNECT_PROTOCOL (RFC 8441 §3)');
}

/** What a peer may send before the tester has read: a small window would slow down large messages. */
const windowBytes = 16 * 1024 ** 2;
