import type { Broadcaster } from './broadcaster.js';
import type { Cluster } from './cluster.js';
import type { RecoveryParts } from './recovery.js';
import type { ServerSettings } from './server-options.js';

/** What namespaces of one server share. */
export interface NamespaceParts {
  readonly node: string;
  readonly cluster: Cluster;
  readonly settings: ServerSettings;
  /** Null where nobody comes back. */
  readonly recoveryParts: RecoveryParts | null;
  /** What sends for it; its own sockets are meant without. */
  readonly broadcaster?: Broadcaster;
  /** A namespace may have no sockets any more. */
  handleEmpty(namespace: string): void;
}
