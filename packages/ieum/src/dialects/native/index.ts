/// <reference types="node" preserve="true" />

export { type IncomingMessage, NativeCloseCode } from './native-connection.js';
export {
  createNativeDialect,
  type NativeDialect,
  type NativeDialectOptions,
  type NativeHub,
  type NativePeer,
  nativeSubprotocol,
} from './native-dialect.js';
