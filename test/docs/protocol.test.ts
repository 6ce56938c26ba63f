import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

import { decodeClientMessage, decodeServerMessage } from '../../packages/ieum/src/codecs/native/index.js';
import { nativeSubprotocol } from '../../packages/ieum/src/dialects/native/index.js';

const page = readFileSync(new URL('../../docs/protocol.md', import.meta.url), 'utf8');
const codes = readFileSync(new URL('../../packages/ieum/src/hub/hub-error.ts', import.meta.url), 'utf8');

const examplesOf = (who: 'client' | 'server') =>
  [...page.matchAll(new RegExp(`\`\`\`json ${who}\\n([\\s\\S]*?)\`\`\``, 'g'))].flatMap(([, block = '']) =>
    block.split('\n').filter(Boolean),
  );

const typesOf = (file: string) => {
  const shapes = readFileSync(
    new URL(`../../packages/ieum/src/codecs/native/${file}`, import.meta.url),
    'utf8',
  );
  return [...new Set([...shapes.matchAll(/readonly type: '([^']+)'/g)].map(([, type = '']) => type))].sort();
};

test.each([
  ['client', decodeClientMessage, 'client-message.ts'],
  ['server', decodeServerMessage, 'server-message.ts'],
] as const)('every message of a %s has an example, and every example is one', (who, decode, file) => {
  const decoded = examplesOf(who).map((example) => ({ example, ...decode(example) }));
  expect(decoded.filter(({ type }) => type === 'violation')).toEqual([]);
  expect([...new Set(decoded.map(({ type }) => type))].sort()).toEqual(typesOf(file));
});

test('examples have nothing that would be ignored', () => {
  for (const who of ['client', 'server'] as const) {
    const decode = who === 'client' ? decodeClientMessage : decodeServerMessage;
    for (const example of examplesOf(who)) {
      const decoded = decode(example);
      const { data: _data, format: _format, ...said } = JSON.parse(example);
      expect(decoded).toMatchObject('content' in decoded ? said : JSON.parse(example));
    }
  }
});

test('every code is told, but those for the application alone', () => {
  const known = [...codes.matchAll(/'(ERR_HUB_\w+)'/g)].map(([, code]) => code);
  const told = new Set(page.match(/ERR_HUB_\w+/g));
  expect(known.filter((code) => !told.has(code as string))).toEqual(['ERR_HUB_INVALID_OPTION']);
});

test('the subprotocol is the one that is spoken', () => {
  expect(page).toContain(`# The protocol \`${nativeSubprotocol}\``);
});
