import { Buffer } from 'node:buffer';
import { Connection, type ConnectionEvent, encodeFrame, type Role } from 'ieum/core';
import { type SeededRandom, seededRandom } from 'ieum/testing';
import { expect, test } from 'vitest';

/** `IEUM_FUZZ_SEED` chooses other inputs, `IEUM_FUZZ_INPUTS` how many. */
const { IEUM_FUZZ_SEED = '6455', IEUM_FUZZ_INPUTS = '1000000' } = process.env;
const seed = Number(IEUM_FUZZ_SEED);
const inputs = Number(IEUM_FUZZ_INPUTS);
const timeoutMs = 600_000;

test(
  `${inputs} inputs: nothing throws, and what comes of them does not depend on how they are cut`,
  () => {
    const memoryBefore = process.memoryUsage().arrayBuffers;
    const seen = { messages: 0, violations: 0, closes: 0 };
    for (let index = 0; index < inputs; index++) {
      try {
        checkInput(seededRandom(seed * 1_000_003 + index), seen);
      } catch (error) {
        throw new Error(`input ${index} of IEUM_FUZZ_SEED=${seed} fails`, { cause: error });
      }
    }
    expect(process.memoryUsage().arrayBuffers - memoryBefore).toBeLessThan(256 * 2 ** 20);
    expect(Math.min(seen.messages, seen.violations, seen.closes)).toBeGreaterThan(inputs / 20);
  },
  timeoutMs,
);

test(
  'announced lengths cost nothing, however many connections wait for them',
  () => {
    const source = seededRandom(seed);
    const memoryBefore = process.memoryUsage().arrayBuffers;
    const waiting = Array.from({ length: 2_000 }, () => {
      const connection = open('server', Number.POSITIVE_INFINITY);
      const header = Buffer.from([0x82, 0xff, source.below(0x40), ...source.bytes(7), 0, 0, 0, 1]);
      connection.receive(Buffer.concat([header, source.bytes(source.below(200))]), 0);
      return { connection, events: connection.nextEvent() };
    });
    expect(waiting.every(({ connection, events }) => events === null && connection.state === 'open')).toBe(
      true,
    );
    expect(process.memoryUsage().arrayBuffers - memoryBefore).toBeLessThan(waiting.length * 2_048);
  },
  timeoutMs,
);

interface Seen {
  messages: number;
  violations: number;
  closes: number;
}

function checkInput(source: SeededRandom, seen: Seen): void {
  const role: Role = source.below(2) === 0 ? 'server' : 'client';
  const bytes = source.below(8) === 0 ? source.bytes(source.below(80)) : sequence(source, role);
  const maxBytes = source.below(4) === 0 ? Number.POSITIVE_INFINITY : 64;
  const whole = observe(open(role, maxBytes), [Buffer.from(bytes)], seen);
  const cut = observe(open(role, maxBytes), cutAnywhere(source, bytes), null);
  if (whole !== cut) throw new Error(`${role} ${bytes.toString('hex')}: ${whole}, but when cut: ${cut}`);
}

/** One to five frames as the peer sends them, mostly allowed ones, then now and then some bytes changed or lost. */
function sequence(source: SeededRandom, role: Role): Buffer {
  const frames: Buffer[] = [];
  let insideMessage = false;
  for (let count = 1 + source.below(5); count > 0; count--) {
    const isControl = source.below(3) === 0;
    const opcode = isControl ? 8 + source.below(3) : insideMessage ? 0 : 1 + source.below(2);
    const fin = isControl || source.below(2) === 0;
    if (!isControl) insideMessage = !fin;
    const payload = opcode === 8 ? closePayload(source) : payloadOf(source, opcode);
    frames.push(encodeFrame({ opcode, payload, fin, ...(role === 'server' && { key: source.uint32() }) }));
  }
  const bytes = Buffer.concat(frames);
  if (source.below(2) === 0) return bytes;
  for (let count = source.below(4); count > 0; count--) bytes[source.below(bytes.length)] = source.below(256);
  return bytes.subarray(0, bytes.length - source.below(3));
}

function closePayload(source: SeededRandom): Buffer {
  if (source.below(3) === 0) return Buffer.alloc(0);
  return Buffer.from([3, 0xe0 + source.below(24), 0x61]);
}

function payloadOf(source: SeededRandom, opcode: number): Buffer {
  if (source.below(32) === 0) return Buffer.alloc(100 + source.below(100), 0x61);
  if (opcode === 1 || opcode === 0) return characters[source.below(characters.length)] as Buffer;
  return source.bytes(source.below(12));
}

function cutAnywhere(source: SeededRandom, bytes: Buffer): Buffer[] {
  const longest = 1 + source.below(12);
  const chunks: Buffer[] = [];
  for (let at = 0; at < bytes.length; ) {
    const end = Math.min(bytes.length, at + 1 + source.below(longest));
    chunks.push(Buffer.from(bytes.subarray(at, end)));
    at = end;
  }
  return chunks;
}

/** All that can be told of a connection that received `chunks`, as one line. */
function observe(connection: Connection, chunks: readonly Buffer[], seen: Seen | null): string {
  let events = '';
  for (const chunk of chunks) {
    connection.receive(chunk, 0);
    for (let event = connection.nextEvent(); event !== null; event = connection.nextEvent()) {
      events += `${describe(event)};`;
      if (seen !== null) count(seen, event);
    }
  }
  let output = '';
  for (const piece of connection.takeOutput()) output += Buffer.from(piece).toString('latin1');
  return `${events}${connection.state} ${connection.transport} ${output}`;
}

function describe(event: ConnectionEvent): string {
  if (event.type === 'text') return `${event.fragments}${event.data}`;
  if (event.type === 'binary') return `${event.fragments}b${(event.data as Buffer).toString('latin1')}`;
  if (event.type === 'violation') return event.violation.code;
  if (event.type === 'closing') return `${event.close.code}${event.close.reason}`;
  return event.type;
}

function count(seen: Seen, event: ConnectionEvent): void {
  if (event.type === 'text' || event.type === 'binary') seen.messages++;
  if (event.type === 'violation') seen.violations++;
  if (event.type === 'closing') seen.closes++;
}

function open(role: Role, maxMessageBytes: number): Connection {
  const limits = { maxMessageBytes, maxFragments: 4 };
  return new Connection(
    role === 'server' ? { role, ...limits } : { role, maskingKeys: () => 0x01020304, ...limits },
    0,
  );
}

const characters = ['', 'text', '€', '😀', '이음'].map((text) => Buffer.from(text));
