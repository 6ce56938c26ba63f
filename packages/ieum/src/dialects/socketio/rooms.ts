import { Listenable } from './listenable.js';

/** Whom something is for: the sockets of some rooms, or of all, less those of others. */
export interface Audience {
  /** Empty for all sockets. */
  readonly rooms: ReadonlySet<string>;
  readonly except: ReadonlySet<string>;
}

/** What the rooms of a namespace tell. */
export interface RoomEvents {
  'create-room': (room: string) => void;
  'delete-room': (room: string) => void;
  'join-room': (room: string, id: string) => void;
  'leave-room': (room: string, id: string) => void;
}

/** Which sockets of this node are in which rooms of a namespace. */
export class Rooms extends Listenable<RoomEvents> {
  readonly #sids = new Map<string, Set<string>>();
  readonly #rooms = new Map<string, Set<string>>();

  /** The rooms of each socket, by its id. */
  get sids(): ReadonlyMap<string, ReadonlySet<string>> {
    return this.#sids;
  }

  /** The ids of the sockets in each room. */
  get rooms(): ReadonlyMap<string, ReadonlySet<string>> {
    return this.#rooms;
  }

  /** @returns false when it was there already */
  add(id: string, room: string): boolean {
    const own = entryOf(this.#sids, id);
    if (own.has(room)) return false;
    const isNew = !this.#rooms.has(room);
    own.add(room);
    entryOf(this.#rooms, room).add(id);
    if (isNew) this.tell('create-room', [room]);
    this.tell('join-room', [room, id]);
    return true;
  }

  /** @returns false when it was not there */
  delete(id: string, room: string): boolean {
    if (this.#sids.get(id)?.delete(room) !== true) return false;
    const members = this.#rooms.get(room);
    members?.delete(id);
    this.tell('leave-room', [room, id]);
    if (members?.size !== 0) return true;
    this.#rooms.delete(room);
    this.tell('delete-room', [room]);
    return true;
  }

  deleteAll(id: string): void {
    for (const room of [...(this.#sids.get(id) ?? [])]) this.delete(id, room);
    this.#sids.delete(id);
  }

  /** The ids of those who are meant, each once. */
  idsOf({ rooms, except }: Audience): string[] {
    const excluded = this.#union(except);
    const ids = rooms.size === 0 ? this.#sids.keys() : this.#union(rooms);
    return [...ids].filter((id) => !excluded.has(id));
  }

  #union(names: ReadonlySet<string>): ReadonlySet<string> {
    if (names.size === 1) {
      for (const name of names) return this.#rooms.get(name) ?? nobody;
    }
    const ids = new Set<string>();
    for (const name of names) for (const id of this.#rooms.get(name) ?? []) ids.add(id);
    return ids;
  }
}

/** Whether somebody in these rooms is meant. */
export function isMeant({ rooms, except }: Audience, isIn: (room: string) => boolean): boolean {
  const isIncluded = rooms.size === 0 || [...rooms].some(isIn);
  return isIncluded && ![...except].some(isIn);
}

function entryOf(map: Map<string, Set<string>>, key: string): Set<string> {
  const known = map.get(key);
  if (known !== undefined) return known;
  const created = new Set<string>();
  map.set(key, created);
  return created;
}

const nobody: ReadonlySet<string> = new Set();
