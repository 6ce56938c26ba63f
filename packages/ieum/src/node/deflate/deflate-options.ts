import type { DeflatePreferences } from '../../core/deflate/deflate-parameters.js';

import type { CompressionSettings } from './zlib-codec.js';

/** How messages are compressed (RFC 7692), and what is agreed to. */
export interface DeflateOptions {
  /** Whether the server compresses each message by itself: needs no memory between messages. Default true. */
  readonly serverNoContextTakeover?: boolean;
  /** Whether the client does. Default true. */
  readonly clientNoContextTakeover?: boolean;
  /** The server's window is 2 to the power of this many bytes at most: 9–15. Default 12. */
  readonly serverMaxWindowBits?: number;
  /** The same of the client, where it can be told. Default 15. */
  readonly clientMaxWindowBits?: number;
  /** 1 (fast) to 9 (small). Default 6. */
  readonly level?: number;
  /** How much memory compressing takes: 1–9. Default 5. */
  readonly memoryLevel?: number;
  /** Messages with fewer bytes are sent as they are. Default 1024. */
  readonly thresholdBytes?: number;
  /**
   * What all connections of this process may keep in windows for context takeover; beyond it compression is not agreed to.
   * Default 64 MiB.
   */
  readonly maxMemoryBytes?: number;
  /**
   * Whether small messages go through zlib in a faster way that Node does not document. Default `direct`; `public` for not.
   */
  readonly zlibAccess?: 'direct' | 'public';
}

/** The options with their defaults. */
export interface DeflateSettings extends DeflatePreferences, CompressionSettings {
  readonly thresholdBytes: number;
  readonly maxMemoryBytes: number;
  readonly zlibAccess: 'direct' | 'public';
}

export const deflateDefaults: DeflateSettings = {
  serverNoContextTakeover: true,
  clientNoContextTakeover: true,
  serverMaxWindowBits: 12,
  clientMaxWindowBits: 15,
  level: 6,
  memoryLevel: 5,
  thresholdBytes: 1024,
  maxMemoryBytes: 64 * 1024 * 1024,
  zlibAccess: 'direct',
};
