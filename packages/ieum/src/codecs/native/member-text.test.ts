import fc from 'fast-check';
import { expect, test } from 'vitest';

import { memberText } from './member-text.js';

test.each([
  ['{"data":1}', '1'],
  ['{"data":12345678901234567890.10}', '12345678901234567890.10'],
  [' { "a" : [1,{"data":2}] , "data" :\t{ "b" : "}]" }\r\n, "c":3 } ', '{ "b" : "}]" }'],
  ['{"data":"a\\"}","x":"data"}', '"a\\"}"'],
  ['{"data":"\\\\","x":1}', '"\\\\"'],
  ['{"data":null,"data":true }', 'true'],
  ['{"d\\u0061ta":[[]]}', '[[]]'],
  ['{"x":"\\"data\\":1","data":-1e5}', '-1e5'],
])('of %s it is %s', (json, expected) => {
  expect(memberText(json, 'data')).toBe(expected);
});

test('whatever stands around it, it means what JSON.parse makes of it', () => {
  const name = fc.oneof(fc.constantFrom('data', 'dat', '__proto__', '"', '\\'), fc.string());
  const members = fc.array(fc.tuple(name, fc.jsonValue()));
  fc.assert(
    fc.property(
      members,
      fc.jsonValue(),
      members,
      fc.constantFrom(0, 1, '\t'),
      (before, data, after, indent) => {
        const others = after.filter(([key]) => key !== 'data');
        const object = Object.fromEntries([...before, ['data', data], ...others]);
        const json = JSON.stringify(object, null, indent);
        expect(memberText(json, 'data')).toBe(memberText(`\n${json} `, 'data'));
        expect(JSON.stringify(JSON.parse(memberText(json, 'data')))).toBe(JSON.stringify(data));
      },
    ),
  );
});
