import { UsageError } from '../../core/errors.js';
import { addressHolding } from './ip-address.js';

export interface ConnectionLimitsOptions {
  /** Connections at one time whose opening handshake was admitted; at least 1, no limit by default. */
  readonly maxConnections?: number;
  /**
   * Connections at one time from one IPv4 address or one IPv6 /64 (whoever has one address of a /64 has all of them);
   * at least 1, no limit by default.
   */
  readonly maxConnectionsPerAddress?: number;
}

/** The place that an admitted connection holds. */
export interface AdmissionTicket {
  /** Gives the place back; again is a no-op. */
  release(): void;
}

/** Counts the connections that are open, and refuses more than the limits allow. */
export class ConnectionLimits {
  readonly #maxConnections: number;
  readonly #maxConnectionsPerAddress: number;
  /** An address is here only while it has connections. */
  readonly #perAddress = new Map<string, number>();
  #connections = 0;

  /** @throws UsageError `ERR_WS_INVALID_OPTION` when a limit is no whole number from 1 on, nor `Infinity` */
  constructor(options: ConnectionLimitsOptions = {}) {
    this.#maxConnections = checkLimit('maxConnections', options.maxConnections);
    this.#maxConnectionsPerAddress = checkLimit('maxConnectionsPerAddress', options.maxConnectionsPerAddress);
  }

  /** Connections that are admitted and not released. */
  get connections(): number {
    return this.#connections;
  }

  /** How many IPv4 addresses and IPv6 /64s they come from. */
  get addresses(): number {
    return this.#perAddress.size;
  }

  /** Connections that count together with one from this address. */
  connectionsFrom(address: string): number {
    return this.#perAddress.get(addressHolding(address)) ?? 0;
  }

  /** A ticket, or the limit that is reached. Texts that are no addresses (`unknown`) are counted as they stand. */
  tryAdmit(address: string): AdmissionTicket | 'total' | 'address' {
    const holding = addressHolding(address);
    const fromAddress = this.#perAddress.get(holding) ?? 0;
    if (this.#connections >= this.#maxConnections) return 'total';
    if (fromAddress >= this.#maxConnectionsPerAddress) return 'address';

    this.#connections++;
    this.#perAddress.set(holding, fromAddress + 1);
    return new Place(this.#giveBack, holding);
  }

  readonly #giveBack = (holding: string): void => {
    this.#connections--;
    const fromAddress = (this.#perAddress.get(holding) ?? 0) - 1;
    if (fromAddress > 0) this.#perAddress.set(holding, fromAddress);
    else this.#perAddress.delete(holding);
  };
}

class Place implements AdmissionTicket {
  readonly #giveBack: (holding: string) => void;
  #holding: string | null;

  constructor(giveBack: (holding: string) => void, holding: string) {
    this.#giveBack = giveBack;
    this.#holding = holding;
  }

  release(): void {
    if (this.#holding !== null) this.#giveBack(this.#holding);
    this.#holding = null;
  }
}

function checkLimit(name: string, limit: number | undefined): number {
  if (limit === undefined || limit === Number.POSITIVE_INFINITY) return Number.POSITIVE_INFINITY;
  if (Number.isSafeInteger(limit) && limit >= 1) return limit;
  throw new UsageError(
    'ERR_WS_INVALID_OPTION',
    `${name} is a whole number from 1 on or Infinity, not ${String(limit)}`,
  );
}
