import type { EncodedArgs } from '../../codecs/socketio/index.js';
import type { Position } from '../../hub/position.js';

import type { Cluster } from './cluster.js';
import { decodeFrame, type StreamFrame } from './frame.js';
import type { SessionId } from './kept-session.js';
import { audienceOf } from './namespace-broadcasts.js';
import { positionOf } from './offset.js';
import { RoomLog } from './room-log.js';
import { isMeant } from './rooms.js';
import type { SocketIoHub } from './server-options.js';
import type { SessionRecord, SessionStore } from './session-store.js';

export interface RecoveryParts {
  readonly hub: SocketIoHub;
  readonly cluster: Cluster;
  readonly store: SessionStore;
  readonly streamTopic: string;
}

/** An event that a client missed, and where it stands. */
export interface MissedEvent {
  readonly args: EncodedArgs;
  readonly position: Position;
}

/** Somebody who comes back: reads the stream from where they were, to where it stands. */
export class Recovery {
  readonly id: SessionId;
  readonly record: SessionRecord;
  readonly log: RoomLog;
  readonly #parts: RecoveryParts;
  readonly #missed: MissedEvent[] = [];
  #cursor: Position;

  private constructor(id: SessionId, record: SessionRecord, since: Position, parts: RecoveryParts) {
    this.id = id;
    this.record = record;
    this.log = new RoomLog(record.rooms);
    this.#cursor = since;
    this.#parts = parts;
  }

  /**
   * Who comes back with these; null when there is no way back for them. Whoever has their old connection is told to let go of it.
   * Rejects while the broker is away.
   */
  static async begin(
    id: SessionId,
    { namespace, offset }: { readonly namespace: string; readonly offset: unknown },
    parts: RecoveryParts,
  ): Promise<Recovery | null> {
    const { name } = id;
    const known = await parts.store.load(name, namespace);
    if (known === null) return null;
    await new Promise<void>((resolve) => {
      parts.cluster.publish({ type: 'takeover', namespace, session: name }, () => resolve());
    });
    const record = (await parts.store.load(name, namespace)) ?? known;
    const since = offset === undefined ? record.position : laterOf(positionOf(offset), record.position);
    if (since === null) return null;
    // What it says that it has was published before it came, and that stands before the takeover.
    if (since.offset > (parts.cluster.last?.offset ?? 0)) return null;
    const recovery = new Recovery(id, record, since, parts);
    return (await recovery.#catchUp()) ? recovery : null;
  }

  /**
   * Reads what came since, and calls `ready` in the very moment in which nothing is missing. False when something is: it took too long.
   */
  async finish(ready: (missed: readonly MissedEvent[]) => void): Promise<boolean> {
    if (!(await this.#catchUp())) return false;
    ready(this.#missed);
    return true;
  }

  /** False when the stream does not reach back so far, or the session was ended meanwhile. */
  async #catchUp(): Promise<boolean> {
    const { hub, cluster, streamTopic } = this.#parts;
    for (;;) {
      const { last } = cluster;
      if (last === null || last.epoch !== this.#cursor.epoch) return false;
      if (this.#cursor.offset >= last.offset) return true;
      const page = await hub.history(streamTopic, { since: this.#cursor, limit: pageSize });
      if (!page.isContinuous || page.position.epoch !== this.#cursor.epoch) return false;
      for (const { payload, position } of page.publications) {
        if (
          position === null ||
          !this.#take(decodeFrame(payload)?.frame as StreamFrame | undefined, position)
        ) {
          return false;
        }
        this.#cursor = position;
      }
      if (page.publications.length === 0) this.#cursor = page.position;
    }
  }

  /** False when it ended the session. */
  #take(frame: StreamFrame | undefined, position: Position): boolean {
    if (frame === undefined || frame.type === 'takeover') return true;
    if (frame.audience.namespace !== this.record.namespace || !this.#isMeant(frame, position.offset))
      return true;
    switch (frame.type) {
      case 'broadcast':
        if (frame.request === undefined) this.#missed.push({ args: frame.args, position });
        return true;
      case 'join':
        for (const room of frame.rooms) this.log.join(room, position.offset);
        return true;
      case 'leave':
        for (const room of frame.rooms) this.log.leave(room, position.offset);
        return true;
      case 'disconnect':
        return false;
    }
  }

  /** Whether it was there then, and in the rooms that are meant. */
  #isMeant({ audience }: Exclude<StreamFrame, { type: 'takeover' }>, offset: number): boolean {
    const wasIn = (room: string) => this.log.wasIn(room, offset);
    return wasIn(this.record.sid) && isMeant(audienceOf(audience), wasIn);
  }
}

/**
 * What the client has, as far as either knows: it says where its last event stood, and may be known to have got all up to a later place,
 * where nothing was for it. Null when they are not of one history.
 */
function laterOf(said: Position | null, known: Position): Position | null {
  if (said === null || said.epoch !== known.epoch) return null;
  return said.offset >= known.offset ? said : known;
}

const pageSize = 500;
