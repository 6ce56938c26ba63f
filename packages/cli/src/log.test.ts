import { PassThrough } from 'node:stream';

import { describe, expect, test } from 'vitest';

import { createLog, type Log, type LogOptions } from './log.js';

function written(write: (log: Log) => void, options: LogOptions = {}): string {
  const stream = new PassThrough({ encoding: 'utf8' });
  write(createLog(stream, options));
  return String(stream.read() ?? '');
}

const json = (write: (log: Log) => void, options: LogOptions = {}): unknown =>
  JSON.parse(written(write, { format: 'json', ...options }));

describe('a log for people', () => {
  test('has a line for each entry: time, level, text', () => {
    const text = written((log) => {
      log.info('one', { event: 'a' });
      log.warn('two');
      log.error('three');
    });
    expect(text).toMatch(/^\S+Z info {2}one\n\S+Z warn {2}two\n\S+Z error three\n$/);
  });

  test('escapes what commands a terminal, and sets in what would look like another entry', () => {
    const forged = '\u001b[2J a\r\u202e b\n2026-01-01T00:00:00.000Z info  forged';
    const lines = written((log) => log.info(forged))
      .trimEnd()
      .split('\n');
    expect(lines[0]).toMatch(/ \\x1b\[2J a\\r\\u202e b$/);
    expect(lines[1]).toBe('    2026-01-01T00:00:00.000Z info  forged');
    expect(lines).toHaveLength(2);
  });

  test('can have a prefix', () => {
    expect(written((log) => log.info('text'), { prefix: 'worker 1: ' })).toContain(' worker 1: text\n');
  });
});

describe('a log for programs', () => {
  test('has an object on each line: time, level, message, and the fields', () => {
    expect(json((log) => log.warn('text', { event: 'a', count: 1 }), { fields: { worker: 2 } })).toEqual({
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
      level: 'warn',
      message: 'text',
      event: 'a',
      count: 1,
      worker: 2,
    });
  });

  test('is one line whatever the text, without control characters, and the text is what it was', () => {
    const text = 'a\n"b"\u001b\u007f\u009b\u2028\u202e';
    const line = written((log) => log.info(text, { reason: text }), { format: 'json' });
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these are the ones to find
    expect(line).toMatch(/^[^\u0000-\u001f\u007f-\u009f\u2028\u202e]+\n$/);
    expect(JSON.parse(line)).toMatchObject({ message: text, reason: text });
  });
});

test.each([
  ['debug', 4],
  ['info', 3],
  ['warn', 2],
  ['error', 1],
] as const)('from %s on, %d of four levels are written', (level, count) => {
  for (const format of ['text', 'json'] as const) {
    const text = written(
      (log) => {
        for (const name of ['debug', 'info', 'warn', 'error'] as const) log[name](name);
      },
      { level, format },
    );
    expect(text.split('\n')).toHaveLength(count + 1);
  }
});
