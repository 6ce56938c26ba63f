import { attach } from './attachments.js';
import { nestingOf } from './nesting.js';
import {
  type ClientPacket,
  PacketDigit,
  type PacketLimits,
  type PacketViolation,
  packetLimits,
  reservedEvents,
} from './packet.js';
import { type PacketHead, readHead } from './packet-head.js';

/** More must come before the packet is whole. */
export interface Incomplete {
  readonly type: 'incomplete';
}

/** Puts together what a client sends over one connection. After a violation nothing more is to be given to it. */
export class PacketDecoder {
  readonly #limits: PacketLimits;
  #pending: Pending | null = null;

  constructor(limits: Partial<PacketLimits> = {}) {
    this.#limits = { ...packetLimits, ...limits };
  }

  /** Takes a message: text begins a packet, bytes are its next attachment. Never throws. */
  receive(data: string | Uint8Array): ClientPacket | Incomplete | PacketViolation {
    return typeof data === 'string' ? this.#receiveText(data) : this.#receiveBytes(data);
  }

  #receiveText(text: string): ClientPacket | Incomplete | PacketViolation {
    if (this.#pending !== null) return violation('an attachment is missing');
    const head = readHead(text, this.#limits);
    if (typeof head === 'string') return violation(head);
    if (nestingOf(head.json, this.#limits.maxDepth) > this.#limits.maxDepth)
      return violation('it is too deep');
    const value = parse(head.json);
    if (value === invalid) return violation('what a packet carries is JSON');
    const packet = packetOf(head, value);
    if (packet.type === 'violation' || head.attachments === null) return packet;
    return this.#await({ packet, count: head.attachments, attachments: [] });
  }

  #receiveBytes(bytes: Uint8Array): ClientPacket | Incomplete | PacketViolation {
    if (this.#pending === null) return violation('no packet waits for an attachment');
    this.#pending.attachments.push(bytes);
    return this.#await(this.#pending);
  }

  #await(pending: Pending): ClientPacket | Incomplete | PacketViolation {
    const { packet, count, attachments } = pending;
    this.#pending = attachments.length < count ? pending : null;
    if (this.#pending !== null) return { type: 'incomplete' };
    const problem = 'args' in packet ? attach(packet.args, attachments) : undefined;
    return problem === undefined ? packet : violation(problem);
  }
}

interface Pending {
  readonly packet: ClientPacket;
  readonly count: number;
  readonly attachments: Uint8Array[];
}

function packetOf(head: PacketHead, value: unknown): ClientPacket | PacketViolation {
  const { digit, namespace, id } = head;
  switch (digit) {
    case PacketDigit.Connect:
      if (value !== undefined && !isObject(value)) return violation('a client says who it is with an object');
      return { type: 'connect', namespace, auth: value ?? {} };
    case PacketDigit.Disconnect:
      if (value !== undefined) return violation('who disconnects says no more');
      return { type: 'disconnect', namespace };
    case PacketDigit.Event:
    case PacketDigit.BinaryEvent:
      if (!isEvent(value)) return violation('an event is an array that begins with its name');
      return { type: 'event', namespace, id, args: value };
    case PacketDigit.Ack:
    case PacketDigit.BinaryAck:
      if (id === null || !Array.isArray(value)) return violation('an acknowledgement has an id and an array');
      return { type: 'ack', namespace, id, args: value };
    default:
      return violation('this is a packet of servers');
  }
}

function isEvent(value: unknown): value is [string | number, ...unknown[]] {
  if (!Array.isArray(value)) return false;
  const name: unknown = value[0];
  return typeof name === 'number' || (typeof name === 'string' && !reservedEvents.has(name));
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Undefined for no JSON at all. */
function parse(json: string): unknown {
  if (json === '') return undefined;
  try {
    return JSON.parse(json);
  } catch {
    return invalid;
  }
}

function violation(message: string): PacketViolation {
  return { type: 'violation', message };
}

/** What no JSON stands for. */
const invalid = Symbol('invalid');
