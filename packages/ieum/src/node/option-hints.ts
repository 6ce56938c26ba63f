/** What people write who know `ws` or `node:tls`, wherever limits are set. */
export const limitHints: Readonly<Record<string, string>> = {
  perMessageDeflate: 'write permessageDeflate',
  maxPayload: 'write maxMessageBytes',
  closeTimeout: 'write closeTimeoutMs',
  autoPong: 'every Ping is answered',
  skipUTF8Validation: 'text is always checked',
};

export const routeHints: Readonly<Record<string, string>> = {
  ...limitHints,
  protocols: 'write subprotocols',
  protocol: 'write subprotocols',
  handleProtocols: 'write subprotocols, a list or a function that chooses',
  verifyClient: 'write authenticate beside routes',
  authenticate: 'it goes beside routes, and finds the path in request.path',
  close: 'write closed',
  connection: 'write open',
};

const toListen = 'it goes to listen({ … })';
const toTls = 'it goes into tls: { … }';
const toRoute = "it goes into a route: routes: { '/': { … } }";

export const serverHints: Readonly<Record<string, string>> = {
  ...limitHints,
  port: toListen,
  host: toListen,
  path: 'it is a key of routes, or for a Unix socket goes to listen({ path })',
  server: 'call attach(httpServer)',
  noServer: 'call attach(httpServer), or handleUpgrade in your own listener',
  protocols: 'write subprotocols in a route',
  protocol: 'write subprotocols in a route',
  handleProtocols: 'write subprotocols in a route, a list or a function that chooses',
  subprotocols: toRoute,
  open: toRoute,
  message: toRoute,
  ping: toRoute,
  pong: toRoute,
  closed: toRoute,
  close: "write closed in a route: routes: { '/': { closed } }",
  connection: "write open in a route: routes: { '/': { open } }",
  verifyClient: 'write authenticate',
  handshakeTimeout: 'write handshakeTimeoutMs',
  clientTracking: 'connections are in server.peers',
  headers: 'return accept(user, headers) from authenticate',
  ca: toTls,
  cert: toTls,
  key: toTls,
  pfx: toTls,
  passphrase: toTls,
  rejectUnauthorized: toTls,
};

export const connectHints: Readonly<Record<string, string>> = {
  ...limitHints,
  protocols: 'write subprotocols, a list',
  protocol: 'write subprotocols, a list',
  handshakeTimeout: 'write handshakeTimeoutMs',
  followRedirects: 'write maxRedirects',
  agent: 'write proxy, and tls',
  auth: "write it into the URL, or headers: { Authorization: '…' }",
  close: 'write closed',
  ca: toTls,
  cert: toTls,
  key: toTls,
  pfx: toTls,
  passphrase: toTls,
  servername: toTls,
  rejectUnauthorized: toTls,
};
