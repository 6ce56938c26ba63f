import { HubError } from '../../hub/hub-error.js';

/** What is thrown when Redis cannot be reached, or could not do what it was asked. */
export function unavailable(cause: unknown): HubError {
  if (cause instanceof HubError) return cause;
  return new HubError('ERR_HUB_UNAVAILABLE', `Redis is not available: ${messageOf(cause)}`, { cause });
}

/** What Redis says that no later attempt will change; undefined for everything else. */
export function optionFailure(error: unknown): HubError | undefined {
  if (error instanceof HubError && error.code === 'ERR_HUB_INVALID_OPTION') return error;
  const message = messageOf(error);
  if (!/^(WRONGPASS|NOAUTH|NOPERM|ERR AUTH|ERR invalid password|ERR DB index)/.test(message))
    return undefined;
  return new HubError('ERR_HUB_INVALID_OPTION', `Redis does not let us in: ${message}`, { cause: error });
}

/** The server did not do it, because another one has to, or cannot do it yet. */
export function isMisdirected(error: unknown): boolean {
  return /^(MOVED|ASK|TRYAGAIN|CLUSTERDOWN|READONLY|MASTERDOWN|LOADING)\b/.test(messageOf(error));
}

/** Too much of a Cluster is away for any of it to do something. */
export function isClusterDown(error: unknown): boolean {
  return messageOf(error).startsWith('CLUSTERDOWN');
}

/** The server does not know a script by its digest. */
export function isScriptMissing(error: unknown): boolean {
  return messageOf(error).startsWith('NOSCRIPT');
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
