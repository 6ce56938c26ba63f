import { Buffer } from 'node:buffer';

import { type DuplexEnd, duplexPair } from 'ieum/testing';

import type { Case } from '../../packages/check/src/case.js';
import { requestHead } from '../../packages/check/src/opening/head.js';
import { http1Client, http1Server } from '../../packages/check/src/opening/http1-opening.js';
import { type CaseSetting, runCase, type WireLease } from '../../packages/check/src/run-case.js';
import type { CaseResult } from '../../packages/check/src/verdict.js';
import { Arrivals } from '../../packages/check/src/wire/arrivals.js';
import { StreamTransport } from '../../packages/check/src/wire/byte-transport.js';
import { encodeFrame, type FrameToSend } from '../../packages/check/src/wire/frame.js';
import { Sender } from '../../packages/check/src/wire/sender.js';
import { Wire } from '../../packages/check/src/wire/wire.js';
import { HeaderFields } from '../../packages/ieum/src/core/index.js';

/** What a peer does as soon as it is connected: bytes that it writes, and how it goes on. */
export interface PeerScript {
  readonly says?: readonly (Uint8Array | string)[];
  /** Default `stays`. */
  readonly ending?: 'stays' | 'ends' | 'resets';
  /** What the peer is. Default `server`. */
  readonly role?: 'server' | 'client';
  /** Does something with the peer's end of the connection. */
  readonly acts?: (end: DuplexEnd) => void;
}

/** Runs a case in memory against a peer that follows a script, whatever the case sends. It begins connected. */
export function judgePeer(script: PeerScript, run: Case['run'], timeoutMs = 150): Promise<CaseResult> {
  const open = async (setting: CaseSetting): Promise<WireLease> => {
    const [end, other] = duplexPair();
    const transport = new StreamTransport(end, { reset: () => end.reset() });
    const { log, findings, deadline } = setting;
    const arrivals = new Arrivals(transport, log);
    const sender = new Sender(transport, log, script.role !== 'client');
    const parts = { arrivals, sender, log };
    const opening =
      script.role === 'client' ? http1Server(clientRequest, parts) : http1Client(requestTarget, parts);
    perform(script, other);
    const wire = new Wire({ ...parts, transport, opening, findings, deadline });
    return { wire, arrivals, release: () => end.destroy() };
  };
  return runCase({ ...caseOf(run), start: 'connected' }, open, { timeoutMs });
}

/** A case that judges both roles by `run`. */
export function caseOf(run: Case['run'], changes: Partial<Case> = {}): Case {
  return {
    id: 'test/one',
    title: 'one',
    clause: 'RFC 6455 §5',
    group: 'test',
    judges: 'both',
    sends: 'something',
    expects: 'something else',
    run,
    ...changes,
  };
}

/** A frame of a server. */
export function unmasked(frame: FrameToSend): Buffer {
  return encodeFrame(frame, null);
}

/** A frame of a client. */
export function masked(frame: FrameToSend): Buffer {
  return encodeFrame(frame, 0x37fa213d);
}

export const text = (payload: string, changes: Partial<FrameToSend> = {}): FrameToSend => ({
  opcode: 1,
  payload,
  ...changes,
});

/** A Close frame with a code and a reason. */
export function close(code: number, reason = ''): FrameToSend {
  return { opcode: 8, payload: Buffer.concat([Buffer.from([code >> 8, code & 0xff]), Buffer.from(reason)]) };
}

function perform({ says = [], ending = 'stays', acts }: PeerScript, end: DuplexEnd): void {
  end.on('error', () => {});
  end.resume();
  for (const bytes of says) end.write(bytes);
  if (ending === 'ends') end.end();
  // What was written is on its way for a turn.
  if (ending === 'resets') setTimeout(() => end.reset(), 10);
  acts?.(end);
}

const requestTarget = { authority: 'localhost', target: '/', secure: false, headers: [] };
const clientRequest = requestHead(
  'GET / HTTP/1.1',
  new HeaderFields([
    ['Host', 'localhost'],
    ['Upgrade', 'websocket'],
    ['Connection', 'Upgrade'],
    ['Sec-WebSocket-Key', 'dGhlIHNhbXBsZSBub25jZQ=='],
    ['Sec-WebSocket-Version', '13'],
  ]),
);
