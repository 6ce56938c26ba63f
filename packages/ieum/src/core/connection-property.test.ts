import { Buffer } from 'node:buffer';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { random } from '../testing/chunker.js';
import { plainEvent } from '../testing/plain-event.js';
import { pullEvents, receiveBytes, takeBytes } from '../testing/pull.js';
import { seededRandom } from '../testing/seeded-random.js';
import { checkClose } from './close.js';
import { Connection } from './connection.js';
import { encodeFrame, type FrameToEncode } from './frame-encoder.js';
import type { Role } from './frame-header.js';

const role = fc.constantFrom<Role>('server', 'client');
const chunking = fc.integer();
const control = fc.record({
  opcode: fc.constantFrom(9, 10),
  payload: fc.uint8Array({ maxLength: 125 }),
});

/** A message, where it is cut into fragments, and the control frames that come before each of them. */
const message = fc
  .record({
    data: fc.oneof(
      fc
        .string({ unit: 'binary', maxLength: 200 })
        .map((text) => ({ opcode: 1, payload: Buffer.from(text) })),
      fc
        .uint8Array({ maxLength: 70_000, size: 'max' })
        .map((bytes) => ({ opcode: 2, payload: Buffer.from(bytes) })),
    ),
    cuts: fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 6 }),
    controls: fc.array(fc.array(control, { maxLength: 2 }), { minLength: 7, maxLength: 7 }),
  })
  .map(({ data, cuts, controls }) => ({ ...data, pieces: cutAt(data.payload, cuts), controls }));

type FragmentedMessage = typeof message extends fc.Arbitrary<infer Value> ? Value : never;

describe('whatever is sent', () => {
  test('arrives, however it is fragmented, masked, interleaved and cut', () => {
    fc.assert(
      fc.property(
        fc.array(message, { maxLength: 4 }),
        role,
        fc.integer(),
        chunking,
        (messages, ours, key, seed) => {
          const frames = messages.flatMap(framesOf);
          const masking = ours === 'server' ? { key: key >>> 0 } : {};
          const bytes = Buffer.concat(frames.map((each) => encodeFrame({ ...each, ...masking })));
          const events = receiveBytes(open(ours), bytes, 0, random(seed, 3000)).map(plainEvent);
          expect(events).toEqual(messages.flatMap(eventsOf));
        },
      ),
      { numRuns: 150 },
    );
  });

  test('by a connection is accepted by one of the opposite role', () => {
    const action = fc.oneof(
      fc.record({ type: fc.constant('text' as const), text: fc.string({ unit: 'binary', maxLength: 300 }) }),
      fc.record({
        type: fc.constant('surrogates' as const),
        units: fc.array(fc.nat(0xffff), { maxLength: 99 }),
      }),
      fc.record({
        type: fc.constant('binary' as const),
        bytes: fc.uint8Array({ maxLength: 9000, size: 'max' }),
      }),
      fc.record({ type: fc.constantFrom('ping', 'pong'), payload: fc.uint8Array({ maxLength: 125 }) }),
      fc.record({ type: fc.constantFrom('pause', 'resume') }),
      fc.record({ type: fc.constant('peer' as const), payload: fc.uint8Array({ maxLength: 20 }) }),
      fc.record({
        type: fc.constant('close' as const),
        code: fc.oneof(fc.integer({ min: 3000, max: 4999 }), fc.constantFrom(1000, 1001, 1011, undefined)),
      }),
    );
    fc.assert(
      fc.property(fc.array(action, { maxLength: 30 }), role, chunking, (actions, ours, seed) => {
        const connection = open(ours);
        for (const each of actions) perform(connection, ours, each);
        connection.resumeOutput(0);
        const peer = open(ours === 'server' ? 'client' : 'server');
        const events = receiveBytes(peer, takeBytes(connection), 0, random(seed, 3000));
        expect(events.map(plainEvent).filter((line) => line.startsWith('violation'))).toEqual([]);
      }),
      { numRuns: 200 },
    );
  });
});

describe('whatever is received', () => {
  test('throws nothing, ends in at most one violation and is answered with frames that are allowed', () => {
    const wire = fc.oneof(
      fc.uint8Array({ maxLength: 300 }),
      fc.tuple(message, fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 4 })).map(mutate),
    );
    fc.assert(
      fc.property(wire, role, chunking, (bytes, ours, seed) => {
        const connection = open(ours);
        const chunked = open(ours);
        const events = receiveBytes(connection, bytes).map(plainEvent);
        expect(receiveBytes(chunked, bytes, 0, random(seed, 20)).map(plainEvent)).toEqual(events);
        const violations = events.filter((line) => line.startsWith('violation'));
        expect(violations.length).toBeLessThanOrEqual(1);
        expect(violations).toEqual(violations.length === 0 ? [] : events.slice(-1));
        const peer = open(ours === 'server' ? 'client' : 'server');
        const answers = receiveBytes(peer, takeBytes(connection)).map(plainEvent);
        expect(answers.some((line) => line.startsWith('violation'))).toBe(false);
        connection.receiveEnd();
        expect(pullEvents(connection).map(({ type }) => type)).toEqual(['closed']);
      }),
      { numRuns: 500 },
    );
  });
});

interface Action {
  readonly type: string;
  readonly text?: string;
  readonly units?: number[];
  readonly bytes?: Uint8Array;
  readonly payload?: Uint8Array;
  readonly code?: number | undefined;
}

function perform(connection: Connection, ours: Role, action: Action): void {
  const payload = action.payload ?? Buffer.alloc(0);
  if (action.type === 'text') connection.send(action.text ?? '');
  if (action.type === 'surrogates') connection.send(String.fromCharCode(...(action.units ?? [])));
  if (action.type === 'binary') connection.send(action.bytes ?? payload);
  if (action.type === 'ping') connection.sendPing(payload);
  if (action.type === 'pong') connection.sendPong(payload);
  if (action.type === 'pause') connection.pauseOutput(0);
  if (action.type === 'resume') connection.resumeOutput(0);
  if (action.type === 'close') connection.sendClose(checkClose(action.code, ''), 0);
  const masking = ours === 'server' ? { key: 9 } : {};
  if (action.type === 'peer') receiveBytes(connection, encodeFrame({ opcode: 9, payload, ...masking }));
}

function open(ours: Role): Connection {
  const { uint32 } = seededRandom(1);
  return new Connection(ours === 'server' ? { role: ours } : { role: ours, maskingKeys: uint32 }, 0);
}

function cutAt(payload: Buffer, cuts: readonly number[]): Buffer[] {
  const at = cuts.map((part) => Math.floor(part * payload.length)).sort((a, b) => a - b);
  return [0, ...at].map((start, index) => payload.subarray(start, at[index] ?? payload.length));
}

function framesOf({ opcode, pieces, controls }: FragmentedMessage): FrameToEncode[] {
  return pieces.flatMap((payload, index) => [
    ...(controls[index] ?? []),
    { opcode: index === 0 ? opcode : 0, payload, fin: index === pieces.length - 1 },
  ]);
}

function eventsOf({ opcode, payload, pieces, controls }: FragmentedMessage): string[] {
  const before = controls.slice(0, pieces.length).flat();
  const controlLines = before.map(
    (each) => `${each.opcode === 9 ? 'ping' : 'pong'} ${Buffer.from(each.payload).toString('hex')}`,
  );
  const data =
    opcode === 1 ? `text ${JSON.stringify(payload.toString())}` : `binary ${payload.toString('hex')}`;
  return [...controlLines, `${data} in ${pieces.length}`];
}

function mutate([sent, changes]: [FragmentedMessage, [number, number][]]): Buffer {
  const bytes = Buffer.concat(framesOf(sent).map((each) => encodeFrame({ ...each, key: 0x01020304 })));
  for (const [at, value] of changes) bytes[at % Math.min(bytes.length, 400)] = value;
  return bytes;
}
