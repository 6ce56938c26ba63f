import { PassThrough } from 'node:stream';
import type { WriteStream } from 'node:tty';

import picocolors from 'picocolors';
import { describe, expect, test } from 'vitest';

import { formatBar, ProgressView } from './progress-view.js';

const plain = picocolors.createColors(false);
const phase = { title: 'measuring for 5 s', state: () => ({ share: 0.5, detail: '9 / s' }) };

/** A stream, and what was written to it. */
function stream(isTTY: boolean): { target: WriteStream; text: () => string } {
  const pass = new PassThrough();
  const target = Object.assign(pass, { isTTY, columns: 60 }) as unknown as WriteStream;
  return { target, text: () => String(pass.read() ?? '') };
}

describe('progress', () => {
  test('is one plain line for each phase where there is no terminal', () => {
    const { target, text } = stream(false);
    const view = new ProgressView(target, plain);
    view.begin({ ...phase, title: 'warming up' });
    view.begin(phase);
    view.end();
    expect(text()).toBe('warming up\nmeasuring for 5 s\n');
  });

  test('is a bar in a terminal, which leaves nothing behind', () => {
    const { target, text } = stream(true);
    const view = new ProgressView(target, plain);
    view.begin(phase);
    const drawn = text();
    expect(drawn).toContain(' 50 %  measuring for 5 s  9 / s');
    expect(drawn).not.toContain('\n');
    view.end();
    expect(text()).toBe('\r\u001b[2K');
  });

  test('makes way for a note', () => {
    const { target, text } = stream(true);
    const view = new ProgressView(target, plain);
    view.begin(phase);
    view.note('by the way');
    expect(text().endsWith('\r\u001b[2Kby the way\n')).toBe(true);
  });
});

describe('the bar', () => {
  const bar = (share: number, columns: number) =>
    formatBar({ title: 'measuring', detail: '', share, columns }, plain);

  test.each([
    [-1, 0, '  0 %'],
    [0, 0, '  0 %'],
    [0.5, 15, ' 50 %'],
    [0.999, 30, ' 99 %'],
    [2, 30, '100 %'],
  ])('for %d', (share, filled, percent) => {
    expect(bar(share, 80)).toBe(`${'█'.repeat(filled)}${'░'.repeat(30 - filled)} ${percent}  measuring`);
  });

  test.each([1, 5, 10, 20, 40, 80, 200])('fits into %d columns', (columns) => {
    expect(bar(0.5, columns).length).toBeLessThan(columns);
  });
});
