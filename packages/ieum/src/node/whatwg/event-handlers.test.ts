import { describe, expect, it } from 'vitest';

import { CloseEvent } from './close-event.js';
import { EventHandlers } from './event-handlers.js';

function setUp() {
  const target = new EventTarget();
  const called: string[] = [];
  return {
    target,
    called,
    handlers: new EventHandlers(target),
    note: (name: string) => () => called.push(name),
  };
}

describe('an event handler attribute', () => {
  it.each([
    ['null', null, null],
    ['undefined', undefined, null],
    ['a number', 2, null],
    ['a string', 'no', null],
    ['a symbol', Symbol('no'), null],
  ])('takes %s for null', (_name, value, kept) => {
    const { handlers } = setUp();
    handlers.set('open', () => {});
    handlers.set('open', value);
    expect(handlers.get('open')).toBe(kept);
  });

  it('keeps an object that cannot be called, and does nothing with it', () => {
    const { target, handlers } = setUp();
    const object = { handleEvent: () => expect.unreachable() };
    handlers.set('open', object);
    expect(handlers.get('open')).toBe(object);
    target.dispatchEvent(new Event('open'));
  });

  it('keeps its place among the listeners when it is replaced, and loses it when it is null', () => {
    const { target, called, handlers, note } = setUp();
    handlers.set('open', note('first'));
    target.addEventListener('open', note('listener'));
    handlers.set('open', note('second'));
    target.dispatchEvent(new Event('open'));
    handlers.set('open', null);
    handlers.set('open', note('third'));
    target.dispatchEvent(new Event('open'));
    expect(called).toEqual(['second', 'listener', 'listener', 'third']);
  });

  it('is called with its target and the event, and cancels it with false', () => {
    const { target, handlers } = setUp();
    const event = new Event('open', { cancelable: true });
    handlers.set('open', function (this: unknown, given: Event) {
      expect([this, given]).toEqual([target, event]);
      return false;
    });
    expect(target.dispatchEvent(event)).toBe(false);
  });
});

describe('CloseEvent', () => {
  it.each([
    ['nothing', undefined, false, 0, ''],
    ['everything', { wasClean: true, code: 4000, reason: 'x' }, true, 4000, 'x'],
    ['a large code', { code: 65537 }, false, 1, ''],
  ])('made of %s', (_name, init, wasClean, code, reason) => {
    const event = new CloseEvent('close', init);
    expect(event).toBeInstanceOf(Event);
    expect([event.type, event.wasClean, event.code, event.reason]).toEqual(['close', wasClean, code, reason]);
    expect(Object.prototype.toString.call(event)).toBe('[object CloseEvent]');
  });

  it('leaves the globals as they are', () => {
    const { CloseEvent: ofPlatform } = globalThis as { CloseEvent?: unknown };
    if (ofPlatform !== undefined) expect(CloseEvent).toBe(ofPlatform);
    else expect('CloseEvent' in globalThis).toBe(false);
  });
});
