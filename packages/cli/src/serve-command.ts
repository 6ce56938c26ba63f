import type { Command } from 'commander';

import { addServeFlags } from './serve-flags.js';

/** Declares `ieum serve`. What it needs is loaded when it runs. */
export function addServeCommand(program: Command, version: string): void {
  const command = program
    .command('serve')
    .description('Serve WebSocket endpoints and a console to try them with.')
    .action(async () => {
      const { serve } = await import('./serve.js');
      await serve(command, version);
    });
  addServeFlags(command).addHelpText('after', guide);
}

const guide = `
Paths:
  /           the console, a page to talk to the endpoints with
  /echo       WebSocket: sends every message back, as the type it came as
  /broadcast  WebSocket: sends every message to everyone on this path, the sender included
  /hub        WebSocket: topics with history and presence, by the protocol ieum.v1
  /stomp      WebSocket: the same topics, by STOMP 1.0 to 1.2
  /sockjs/…   echo, hub and stomp for clients of SockJS
  /socket.io/ the same topics, for clients of Socket.IO
  /healthz    200 while the process works
  /readyz     200 while it takes connections, 503 while it drains or its broker is away
  /metrics    what Prometheus reads; see --metrics

A flag goes before its variable, that before the file, and that before the default. A file has the names of the flags,
as in { "port": 8080, "maxMessageBytes": "64KiB", "topics": { "chat/**": { "presence": true } } }.

With a secret or a key set, clients need a token (JWT): in "Authorization: Bearer" or as ?access_token=. Its claim sub
is their name, and topics says what they may do: { "subscribe": ["chat/**"], "publish": ["chat/42"] }.

With --workers several processes share the port, and new connections go to them in turn. /broadcast reaches the
connections of all of them. One that dies is replaced; its connections are lost. Limits on connections hold for all
workers together: each has its share of them.

Once ready it prints "listening on http://HOST:PORT" (https with TLS) on standard output; logs go to standard error.
SIGTERM and SIGINT drain: new connections get 503, open ones are closed with 1001, then it exits with 0. A second signal
exits at once, with 143 or 130.

Sizes are bytes or have a unit (64KiB, 1MiB), durations are seconds or have one (500ms, 2m).

Exit status: 0 shut down, 1 could not start, 2 wrong usage, 130 or 143 stopped by a second signal.

Examples:
  ieum serve --port 0
  ieum serve --host 0.0.0.0 --port 443 --tls-cert chain.pem --tls-key key.pem
  ieum serve --allow-origin https://example.com,https://*.example.com --max-message-bytes 64KiB
  ieum serve --trusted-proxies loopback --allow-host realtime.example.com
  ieum serve --broker redis://127.0.0.1:6379 --auth-jwt-secret-file secret.txt
  ieum serve --config ieum.json --print-config
  ieum serve --workers auto
  IEUM_PORT=9000 ieum serve`;
