import { Blob } from 'node:buffer';

import { describe, expect, it } from 'vitest';

import { byteLengthOfData, toMessageData, toPayloadData } from './message-data.js';

const bytes = Uint8Array.of(0, 1, 2, 3, 4, 5, 6, 7).buffer;

describe('what is sent', () => {
  it.each([
    ['a string', 'ü', 'ü'],
    ['a number', 12, '12'],
    ['null', null, 'null'],
    ['undefined', undefined, 'undefined'],
    ['an object', { toString: () => 'mine' }, 'mine'],
    ['shared memory', new SharedArrayBuffer(2), '[object SharedArrayBuffer]'],
    ['a buffer', bytes, new Uint8Array(bytes)],
    ['a view', new Uint16Array(bytes, 2, 2), Uint8Array.of(2, 3, 4, 5)],
    ['a DataView', new DataView(bytes, 7), Uint8Array.of(7)],
  ])('%s', (_name, value, data) => {
    expect(toMessageData(value)).toEqual(data);
    expect(toPayloadData(value)).toEqual(data);
  });

  it('keeps a Blob, where it may be sent', () => {
    const blob = new Blob(['abc']);
    expect(toMessageData(blob)).toBe(blob);
    expect(toPayloadData(blob)).toBe('[object Blob]');
  });

  it.each([
    ['a symbol', Symbol('no')],
    ['what has no text', { toString: () => ({}) }],
    ['a view of shared memory', new Uint8Array(new SharedArrayBuffer(2))],
    ['a resizable buffer', Reflect.construct(ArrayBuffer, [8, { maxByteLength: 16 }])],
    ['a view of one', new Uint8Array(Reflect.construct(ArrayBuffer, [8, { maxByteLength: 16 }]))],
  ])('refuses %s', (_name, value) => {
    expect(() => toMessageData(value)).toThrow(TypeError);
    expect(() => toPayloadData(value)).toThrow(TypeError);
  });

  it.each([
    ['ü\u{1f600}\ud800', 9],
    [new Uint8Array(3), 3],
    [new Blob(['ü']), 2],
  ])('%s has %i bytes', (data, byteLength) => {
    expect(byteLengthOfData(data)).toBe(byteLength);
  });
});
