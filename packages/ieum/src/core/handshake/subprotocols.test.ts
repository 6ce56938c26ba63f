import { describe, expect, it } from 'vitest';

import { checkSubprotocols, parseSubprotocols } from './subprotocols.js';

describe('parseSubprotocols', () => {
  it.each<[string[], string[] | null]>([
    [[], []],
    [['chat'], ['chat']],
    [['chat, superchat'], ['chat', 'superchat']],
    [
      ['chat', 'superchat'],
      ['chat', 'superchat'],
    ],
    [
      ['chat', ' , a,'],
      ['chat', 'a'],
    ],
    [['chat, Chat'], ['chat', 'Chat']],
    [['__proto__, constructor'], ['__proto__', 'constructor']],
    [[''], null],
    [[' , '], null],
    [['chat, chat'], null],
    [['chat', 'chat'], null],
    [['chat superchat'], null],
    [['"chat"'], null],
    [['a/b'], null],
    [['chat;q=1'], null],
    [['\u00e9'], null],
  ])('reads %j as %j', (values, subprotocols) => expect(parseSubprotocols(values)).toEqual(subprotocols));
});

describe('checkSubprotocols', () => {
  it.each([[[]], [['chat']], [['chat', 'Chat', 'v12.stomp']]])('accepts %j', (list) => {
    expect(() => checkSubprotocols(list)).not.toThrow();
  });

  it.each([
    [['']],
    [['a b']],
    [['a,b']],
    [['a\r\nX: y']],
    [['chat', 'chat']],
    [['\u00e9']],
    [[7 as unknown as string]],
  ])('throws on %j', (list) => {
    expect(() => checkSubprotocols(list)).toThrow(
      expect.objectContaining({ code: 'ERR_WS_INVALID_SUBPROTOCOL' }),
    );
  });
});
