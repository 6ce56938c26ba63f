import { BlockList, isIPv6 } from 'node:net';

import { CommandFailure, ExitStatus } from '../command-failure.js';
import { isLoopback, type ServeFlags } from '../serve-options.js';

/** Who asks, as far as that can be known without trusting anybody. */
export interface MetricsClient {
  /** The other end of the connection. */
  readonly address: string | undefined;
  /** Whether the request says that a proxy passed it on. */
  readonly isForwarded: boolean;
}

/** Who may ask for `/metrics`: null when nobody may. @throws CommandFailure for what is no address */
export function metricsAccess(flags: ServeFlags): ((client: MetricsClient) => boolean) | null {
  const { metrics, metricsAllow } = flags;
  if (metrics === false) return null;
  if (metricsAllow !== undefined) {
    const isAllowed = addressFilter(metricsAllow);
    return ({ address }) => isAllowed(address);
  }
  if (metrics === true) return () => true;
  // A proxy on this machine would show it to everyone.
  const isOnlyForThisMachine = isLoopback(flags.host) && flags.trustedProxies === undefined;
  return isOnlyForThisMachine ? ({ isForwarded }) => !isForwarded : null;
}

function addressFilter(entries: readonly string[]): (address: string | undefined) => boolean {
  const allowed = new BlockList();
  for (const entry of entries) {
    for (const range of named.get(entry) ?? [entry]) addRange(allowed, range, entry);
  }
  return (address) => {
    if (address === undefined) return false;
    const plain = address.replace(/^::ffff:(?=\d+\.)/i, '').replace(/%.*$/, '');
    return allowed.check(plain, isIPv6(plain) ? 'ipv6' : 'ipv4');
  };
}

function addRange(allowed: BlockList, range: string, entry: string): void {
  const [address = '', bits] = range.split('/', 2);
  const family = isIPv6(address) ? 'ipv6' : 'ipv4';
  try {
    if (bits === undefined) allowed.addAddress(address, family);
    else allowed.addSubnet(address, /^\d{1,3}$/.test(bits) ? Number(bits) : -1, family);
  } catch (cause) {
    throw new CommandFailure(
      `--metrics-allow takes addresses, ranges such as 10.0.0.0/8, loopback and private, not ${JSON.stringify(entry)}`,
      ExitStatus.Usage,
      { cause },
    );
  }
}

const named: ReadonlyMap<string, readonly string[]> = new Map([
  ['loopback', ['127.0.0.0/8', '::1']],
  ['private', ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '169.254.0.0/16', 'fc00::/7', 'fe80::/10']],
]);
