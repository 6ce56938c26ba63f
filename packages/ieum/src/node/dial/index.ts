export {
  ConnectError,
  type ConnectErrorCode,
  type ConnectErrorDetails,
  type Route,
  type SocksReply,
} from './connect-error.js';
export { type DialOptions, dial } from './dial.js';
export type { DialTarget } from './dial-target.js';
export { type Environment, type EnvironmentProxy, proxyFor } from './proxy-environment.js';
export type { DialTlsOptions } from './tls-connect.js';
