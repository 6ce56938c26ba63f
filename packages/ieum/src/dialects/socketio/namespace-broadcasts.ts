import { decodeArgs, type EncodedArgs, encodeArgs, withLastArgument } from '../../codecs/socketio/index.js';
import type { Position } from '../../hub/position.js';

import { AckGathering } from './ack-gathering.js';
import type { Broadcaster, BroadcastFlags, SocketDescription } from './broadcaster.js';
import type { Cluster } from './cluster.js';
import { eventPackets } from './event-packets.js';
import type { ControlFrame, FrameAudience, SocketDetails, StreamFrame } from './frame.js';
import type { LocalSocket } from './local-socket.js';
import { offsetOf } from './offset.js';
import { Hold } from './outgoing-lane.js';
import type { Audience, Rooms } from './rooms.js';
import type { ServerSettings } from './server-options.js';

export interface NamespaceBroadcastsParts {
  readonly namespace: string;
  readonly node: string;
  readonly rooms: Rooms;
  readonly sockets: ReadonlyMap<string, LocalSocket>;
  readonly cluster: Cluster;
  readonly settings: ServerSettings;
}

/** Broadcasts of one namespace: to sockets here, and through the stream to those of other nodes. */
export class NamespaceBroadcasts implements Broadcaster {
  readonly #parts: NamespaceBroadcastsParts;

  constructor(parts: NamespaceBroadcastsParts) {
    this.#parts = parts;
  }

  broadcast(values: readonly unknown[], audience: Audience, { local, volatile }: BroadcastFlags): void {
    const args = encodeArgs(values);
    const sockets = this.#socketsOf(audience);
    const { cluster } = this.#parts;
    if (local === true || volatile === true) {
      this.#sendDirectly(sockets, args, volatile === true);
      if (local !== true) cluster.tell({ type: 'volatile', audience: this.#framed(audience), args });
      return;
    }
    const hold = new Hold();
    for (const { lane } of sockets) lane.hold(hold);
    cluster.publish({ type: 'broadcast', audience: this.#framed(audience), args }, (position) => {
      hold.isDone = true;
      this.#sendNow(sockets, args, position);
      for (const { lane } of sockets) lane.release();
    });
  }

  broadcastWithAck(
    values: readonly unknown[],
    audience: Audience,
    { local, timeoutMs = 0, done }: Parameters<Broadcaster['broadcastWithAck']>[2],
  ): void {
    const args = encodeArgs(values);
    const { cluster, node, settings } = this.#parts;
    const { clock, createId } = settings;
    const request = createId();
    const nodes = local === true ? [node] : [node, ...cluster.peers];
    const gathering = new AckGathering(nodes, { clock, timeoutMs }, (error, answers) => {
      unhear();
      done(error, answers);
    });
    const unhear = cluster.hear(request, (frame, from) => gathering.handleReply(frame, from));
    const sockets = this.#socketsOf(audience);
    const hold = new Hold();
    for (const { lane } of sockets) lane.hold(hold);
    const settle = () => {
      hold.isDone = true;
      this.#ask(sockets, args, ([answer]) => gathering.add(answer));
      for (const { lane } of sockets) lane.release();
    };
    gathering.count(node, sockets.length);
    if (local === true) settle();
    else cluster.publish({ type: 'broadcast', audience: this.#framed(audience), request, args }, settle);
  }

  async describeSockets(audience: Audience, { local }: BroadcastFlags): Promise<SocketDescription[]> {
    const own = this.#socketsOf(audience);
    const { cluster } = this.#parts;
    if (local === true || cluster.peers.size === 0) return own;
    return [...own, ...(await this.#askForSockets(audience))];
  }

  join(audience: Audience, rooms: readonly string[], { local }: BroadcastFlags): void {
    for (const socket of this.#socketsOf(audience)) socket.join(rooms);
    if (local === true) return;
    this.#parts.cluster.publish({ type: 'join', audience: this.#framed(audience), rooms });
  }

  leave(audience: Audience, rooms: readonly string[], { local }: BroadcastFlags): void {
    for (const socket of this.#socketsOf(audience)) for (const room of rooms) socket.leave(room);
    if (local === true) return;
    this.#parts.cluster.publish({ type: 'leave', audience: this.#framed(audience), rooms });
  }

  disconnect(audience: Audience, close: boolean, { local }: BroadcastFlags): void {
    for (const socket of this.#socketsOf(audience)) socket.disconnect(close);
    if (local === true) return;
    this.#parts.cluster.publish({ type: 'disconnect', audience: this.#framed(audience), close });
  }

  /** What another node put into the stream. */
  handleStream(
    frame: Exclude<StreamFrame, { type: 'takeover' }>,
    node: string,
    position: Position | null,
  ): void {
    const sockets = this.#socketsOf(audienceOf(frame.audience));
    switch (frame.type) {
      case 'broadcast':
        if (frame.request === undefined) this.#sendNow(sockets, frame.args, position);
        else this.#answerFor(sockets, { ...frame, request: frame.request }, node);
        return;
      case 'join':
        for (const socket of sockets) socket.join(frame.rooms);
        return;
      case 'leave':
        for (const socket of sockets) for (const room of frame.rooms) socket.leave(room);
        return;
      case 'disconnect':
        for (const socket of sockets) socket.disconnect(frame.close);
    }
  }

  handleVolatile({ audience, args }: Extract<ControlFrame, { type: 'volatile' }>): void {
    this.#sendDirectly(this.#socketsOf(audienceOf(audience)), args, true);
  }

  /** The sockets here that another node asks for. */
  detailsOf(audience: FrameAudience): SocketDetails[] {
    return this.#socketsOf(audienceOf(audience)).map(({ id, handshake, rooms, data }) => {
      // What names its session is a secret of the client.
      const told = { ...handshake, headers: {}, auth: { ...handshake.auth, pid: undefined } };
      const details = { id, handshake: told, rooms: [...rooms] };
      return { ...details, data: isJson(data) ? data : null };
    });
  }

  #socketsOf(audience: Audience): LocalSocket[] {
    const { rooms, sockets } = this.#parts;
    return rooms.idsOf(audience).flatMap((id) => sockets.get(id) ?? []);
  }

  /** Sends what has its place in the stream, which clients that may come back are told with it. */
  #sendNow(sockets: readonly LocalSocket[], args: EncodedArgs, position: Position | null): void {
    if (sockets.length === 0) return;
    const packets = eventPackets(this.#parts.namespace, null, this.#withOffset(args, position));
    for (const { lane } of sockets) lane.sendNow(packets);
    notify(sockets, args);
  }

  #sendDirectly(sockets: readonly LocalSocket[], args: EncodedArgs, isVolatile: boolean): void {
    const packets = eventPackets(this.#parts.namespace, null, this.#withOffset(args, null));
    for (const { lane, isWritable } of sockets) if (!isVolatile || isWritable) lane.send(packets);
    notify(sockets, args);
  }

  /** A client takes the last string of any event for its place: so every event has one, if not its own the last one. */
  #withOffset(args: EncodedArgs, position: Position | null): EncodedArgs {
    const { settings, cluster } = this.#parts;
    const known = position ?? cluster.last;
    return settings.recovery === null || known === null ? args : withLastArgument(args, offsetOf(known));
  }

  #ask(sockets: readonly LocalSocket[], args: EncodedArgs, take: (answer: unknown[]) => void): void {
    for (const socket of sockets) {
      socket.lane.sendNow(eventPackets(this.#parts.namespace, socket.expectAck(take), args));
    }
    notify(sockets, args);
  }

  #answerFor(
    sockets: readonly LocalSocket[],
    { request, args }: { readonly request: string; readonly args: EncodedArgs },
    node: string,
  ): void {
    const { cluster } = this.#parts;
    cluster.reply(node, { type: 'count', request, count: sockets.length });
    this.#ask(sockets, args, (answer) => {
      cluster.reply(node, { type: 'answer', request, args: encodeArgs(answer) });
    });
  }

  #askForSockets(audience: Audience): Promise<SocketDescription[]> {
    const { cluster, settings } = this.#parts;
    const request = settings.createId();
    const waiting = new Set(cluster.peers);
    const found: SocketDescription[] = [];
    return new Promise((resolve, reject) => {
      const end = (conclude: () => void) => {
        unhear();
        cancel();
        conclude();
      };
      const unhear = cluster.hear(request, (frame, node) => {
        if (frame.type !== 'sockets' || !waiting.delete(node)) return;
        found.push(...frame.sockets.map(describe));
        if (waiting.size === 0) end(() => resolve(found));
      });
      const cancel = settings.clock.setTimer(() => {
        const problem = `${waiting.size} of the other nodes did not tell their sockets in time`;
        end(() => reject(new Error(problem)));
      }, settings.requestsTimeoutMs);
      cluster.tell({ type: 'fetch', request, audience: this.#framed(audience) });
    });
  }

  #framed({ rooms, except }: Audience): FrameAudience {
    return { namespace: this.#parts.namespace, rooms: [...rooms], except: [...except] };
  }
}

export function audienceOf({ rooms, except }: FrameAudience): Audience {
  return { rooms: new Set(rooms), except: new Set(except) };
}

function describe({ id, handshake, rooms, data }: SocketDetails): SocketDescription {
  return { id, handshake: handshake as SocketDescription['handshake'], rooms: new Set(rooms), data };
}

function notify(sockets: readonly LocalSocket[], args: EncodedArgs): void {
  let values: unknown[] | null = null;
  for (const socket of sockets) {
    if (!socket.hasOutgoingListeners) continue;
    values ??= decodeArgs(args);
    socket.notifyOutgoing(values);
  }
}

function isJson(data: unknown): boolean {
  try {
    JSON.stringify(data);
    return true;
  } catch {
    return false;
  }
}
