import { UsageError } from '../../core/errors.js';
import {
  type Endpoint,
  type InvalidProxyProtocol,
  invalidHeader,
  type ProxyProtocolError,
  type ProxyProtocolHeader,
  type ProxyProtocolVerdict,
} from './proxy-protocol-header.js';
import { decodeVersion1 } from './proxy-protocol-v1.js';
import { decodeVersion2 } from './proxy-protocol-v2.js';

export type { Endpoint, ProxyProtocolError, ProxyProtocolHeader };

export type ProxyProtocolProgress =
  | { readonly type: 'incomplete' }
  | (ProxyProtocolHeader & {
      /** What came after the header: a view into the last chunk. */
      readonly rest: Uint8Array;
    })
  | InvalidProxyProtocol;

/**
 * Decodes the header that HAProxy's PROXY protocol puts before a connection's own bytes, version 1 (a line of text, at
 * most 107 bytes) or 2 (binary, at most 4 KiB here), from chunks of any size. Holds no more bytes than arrived, and no
 * more than a header may have. Bytes never make it throw.
 */
export class ProxyProtocolDecoder {
  #held = new Uint8Array(64);
  #length = 0;
  #finished = false;

  /** @throws UsageError `ERR_WS_INVALID_STATE` when called again after anything but `incomplete` */
  receive(chunk: Uint8Array): ProxyProtocolProgress {
    if (this.#finished)
      throw new UsageError('ERR_WS_INVALID_STATE', 'the PROXY header was already decided on');
    let offset = 0;
    for (;;) {
      const verdict = decide(this.#held.subarray(0, this.#length));
      if (verdict.type !== 'needs') {
        this.#finished = true;
        return verdict.type === 'done' ? { ...verdict.header, rest: chunk.subarray(offset) } : verdict;
      }
      if (offset === chunk.length) return incomplete;
      const end = Math.min(chunk.length, offset + verdict.byteLength - this.#length);
      this.#append(chunk.subarray(offset, end));
      offset = end;
    }
  }

  #append(bytes: Uint8Array): void {
    const length = this.#length + bytes.length;
    if (length > this.#held.length) {
      const grown = new Uint8Array(Math.max(length, 2 * this.#held.length));
      grown.set(this.#held.subarray(0, this.#length));
      this.#held = grown;
    }
    this.#held.set(bytes, this.#length);
    this.#length = length;
  }
}

function decide(held: Uint8Array): ProxyProtocolVerdict {
  switch (held[0]) {
    case undefined:
      return { type: 'needs', byteLength: 1 };
    case firstOfVersion1:
      return decodeVersion1(held);
    case firstOfVersion2:
      return decodeVersion2(held);
    default:
      return invalidHeader('signature');
  }
}

const incomplete: ProxyProtocolProgress = { type: 'incomplete' };
const firstOfVersion1 = 0x50;
const firstOfVersion2 = 0x0d;
