import { Buffer } from 'node:buffer';
import { setImmediate as turn } from 'node:timers/promises';

import type { CloseRecord, PeerHandlers, PeerOptions } from 'ieum';
import { type DuplexEnd, duplexPair, FakeClock } from 'ieum/testing';

import { Peer } from '../../packages/ieum/src/node/peer.js';
import { PeerProfile } from '../../packages/ieum/src/node/peer-profile.js';
import { Scheduler } from '../../packages/ieum/src/node/scheduler.js';
import { StreamTransport } from '../../packages/ieum/src/node/transport/stream-transport.js';
import type { UpgradeRequest } from '../../packages/ieum/src/node/upgrade-request.js';
import { describeFrame, takeServerFrame } from './server-frames.js';

export interface MemoryPeerOptions extends PeerOptions {
  /** Bytes that the stream takes before it has no room. */
  readonly highWaterMark?: number;
  /** What arrived together with the opening handshake. */
  readonly head?: Uint8Array;
}

/** A server's peer whose socket is in memory, its other end, and the clock that its deadlines run by. */
export class MemoryPeer {
  readonly peer: Peer<undefined>;
  readonly clock = new FakeClock(1_000);
  /** The socket that the peer has. */
  readonly near: DuplexEnd;
  /** The client's end. */
  readonly far: DuplexEnd;
  readonly errors: unknown[] = [];
  readonly records: CloseRecord[] = [];
  hasEnded = false;
  #received: Buffer = Buffer.alloc(0);

  constructor(handlers: PeerHandlers<undefined> = {}, options: MemoryPeerOptions = {}) {
    const { highWaterMark, head = Buffer.alloc(0), ...peerOptions } = options;
    [this.near, this.far] = duplexPair(highWaterMark === undefined ? {} : { highWaterMark });
    const profile = new PeerProfile('server', { keepalive: false, ...peerOptions });
    const parts = profile.createParts(new StreamTransport(this.near), new Scheduler(this.clock));
    const identity = { request: {} as UpgradeRequest, user: undefined, subprotocol: '', extensions: '' };
    const owner = {
      reportError: (error: unknown) => this.errors.push(error),
      handleGone: () => {},
      handleFinished: () => {},
    };
    this.peer = new Peer<undefined>(parts, identity, handlers, owner);
    void this.peer.closed.then((record) => this.records.push(record));
    this.far.on('error', () => {});
    this.far.on('end', () => {
      this.hasEnded = true;
    });
    this.peer.start(head);
  }

  /** The client sends, and everything that follows from it happens. */
  async receive(...parts: readonly Uint8Array[]): Promise<void> {
    this.far.write(Buffer.concat(parts));
    await settle();
  }

  /** What the peer sent since the last call, a line for a frame. The client reads from now on. */
  async sent(): Promise<string[]> {
    if (this.far.listenerCount('data') === 0) {
      this.far.on('data', (chunk: Buffer) => {
        this.#received = Buffer.concat([this.#received, chunk]);
      });
    }
    await settle();
    const frames: string[] = [];
    for (;;) {
      const taken = takeServerFrame(this.#received);
      if (taken === null) return frames;
      this.#received = taken.rest;
      frames.push(describeFrame(taken.frame));
    }
  }
}

/** Lets everything happen that is under way in memory. */
export async function settle(): Promise<void> {
  for (let i = 0; i < 8; i++) await turn();
}
