import { HubError } from '../../hub/hub-error.js';

/** What a server says about itself. */
export interface ServerReport {
  readonly isMaster: boolean;
  readonly isCluster: boolean;
  /** Whether channels can belong to a slot: Redis 7 and later. */
  readonly hasShardedChannels: boolean;
}

/**
 * Reads the reply to `INFO`.
 *
 * @throws HubError `ERR_HUB_INVALID_OPTION` when the server is too old
 */
export function readReport(info: string): ServerReport {
  const field = (name: string) => new RegExp(`^${name}:(.*?)\\r?$`, 'm').exec(info)?.[1];
  const [major = 0, minor = 0] = (field('redis_version') ?? '').split('.').map(Number);
  if (major < 6 || (major === 6 && minor < 2)) {
    throw new HubError(
      'ERR_HUB_INVALID_OPTION',
      `Redis ${major}.${minor} is too old: 6.2 is the first that will do`,
    );
  }
  return {
    isMaster: field('role') === 'master',
    isCluster: field('redis_mode') === 'cluster',
    hasShardedChannels: major >= 7,
  };
}
