import type { Broadcaster } from './broadcaster.js';
import type { Cluster } from './cluster.js';
import type { AnyNamespace } from './namespace.js';
import type { Rooms } from './rooms.js';
import type { ServerSettings } from './server-options.js';

/** What a socket needs of the namespace that it is in. */
export interface SocketHome {
  readonly namespace: AnyNamespace;
  readonly rooms: Rooms;
  readonly broadcasts: Broadcaster;
  readonly cluster: Cluster;
  readonly settings: ServerSettings;
  /** Where the stream stands here. */
  readonly streamOffset: number;
  /** It is over. */
  remove(socket: { readonly id: string; readonly sessionName: string | null }): void;
}
