import { Buffer } from 'node:buffer';

/** A text as bytes, right or wrong, with a name for its id and words for its title. */
export interface TextRow {
  readonly name: string;
  readonly what: string;
  readonly bytes: Buffer;
}

/** Texts in UTF-8 that every peer has to take. */
export function validTexts(): TextRow[] {
  return [
    ...writings.map(([name, what, text]) => ({ name, what, bytes: Buffer.from(text) })),
    ...boundaries.map((codePoint) => ({
      name: `boundary/${hexOf(codePoint).toLowerCase()}`,
      what: `the code point U+${hexOf(codePoint)}`,
      bytes: Buffer.from(String.fromCodePoint(codePoint)),
    })),
    ...Array.from({ length: 17 }, (_, plane) => nonCharacters(plane)),
    {
      name: 'non-characters/fdd0-to-fdef',
      what: 'the 32 non-characters from U+FDD0 to U+FDEF',
      bytes: Buffer.from(String.fromCodePoint(...Array.from({ length: 32 }, (_, index) => 0xfdd0 + index))),
    },
  ];
}

/** Texts that are not UTF-8 (RFC 3629 §3), each with what makes it so. */
export function invalidTexts(): TextRow[] {
  return invalidRows.flatMap(([group, rows]) =>
    rows.map(([hex, what]) => ({
      name: `${group}/${hex.replaceAll(' ', '-')}`,
      what,
      bytes: Buffer.from(hex.replaceAll(' ', ''), 'hex'),
    })),
  );
}

/** Texts that end within a character: wrong as a message, right as the beginning of one. */
export function truncatedTexts(): TextRow[] {
  return ['ce', 'e1 bd', 'e1', 'f0 9f 98', 'f0 9f', 'f0', 'f4 8f bf'].map((hex) => ({
    name: `truncated/${hex.replaceAll(' ', '-')}`,
    what: `a text that ends within a character, with ${hex.toUpperCase()}`,
    bytes: Buffer.from(hex.replaceAll(' ', ''), 'hex'),
  }));
}

/** The last two code points of a plane are characters of nobody, and still right UTF-8. */
function nonCharacters(plane: number): TextRow {
  const [first, second] = [plane * 0x10000 + 0xfffe, plane * 0x10000 + 0xffff];
  return {
    name: `non-characters/plane-${plane}`,
    what: `the non-characters U+${hexOf(first)} and U+${hexOf(second)}`,
    bytes: Buffer.from(`<${String.fromCodePoint(first)}|${String.fromCodePoint(second)}>`),
  };
}

function hexOf(codePoint: number): string {
  return codePoint.toString(16).toUpperCase().padStart(4, '0');
}

const writings: readonly (readonly [name: string, what: string, text: string])[] = [
  ['ascii', 'ASCII letters, digits and signs', 'The quick brown fox, 0123456789 ~!@#$%^&*()_+{}|:"<>?'],
  ['controls', 'all control characters of ASCII', String.fromCharCode(...Array(32).keys(), 127)],
  [
    'latin',
    'letters with marks',
    'Zwölf Boxkämpfer jagen Viktor quer über den großen Sylter Deich: µ@ß öäü àá',
  ],
  ['kosme', 'the Greek word κόσμε', 'κόσμε'],
  ['cyrillic-hebrew-arabic', 'Cyrillic, Hebrew and Arabic', 'Съешь ещё · עטלף אבק · صِف خَلقَ خَودِ'],
  ['east-asia', 'Chinese, Japanese and Korean', '水面 いろはにほへと 다람쥐 헌 쳇바퀴에'],
  [
    'combining',
    'letters with marks that combine',
    'e\u0301 a\u0308\u0323 \u0915\u094d\u0937 Z\u0351\u036b\u0343',
  ],
  ['byte-order-mark', 'a text that begins with U+FEFF', '\ufeffHello'],
  ['emoji', 'emoji joined into one', '😀 👩‍👩‍👧‍👦 🏴‍☠️ 👍🏽'],
  ['plane-1', 'letters of plane 1', '𐍈𐌰𐌿𐍄𐍃 𝔘𝔫𝔦𝔠𝔬𝔡𝔢 𒀭𒂗'],
  ['plane-2', 'letters of planes 2 and 3', '𠀀𠜎𪘀 𰻝'],
  ['plane-14', 'variation selectors of plane 14', 'a\u{e0100}b\u{e01ef}'],
  ['private-use', 'private use of planes 0, 15 and 16', '\ue000\uf8ff\u{f0000}\u{ffffd}\u{100000}\u{10fffd}'],
  ['all-lengths', 'characters of 1, 2, 3 and 4 bytes in turn', 'aß水😀'.repeat(40)],
];

/** The first and the last code point of every length, and those beside surrogates. */
const boundaries = [
  0x00, 0x7f, 0x80, 0x7ff, 0x800, 0xfff, 0x1000, 0xd7ff, 0xe000, 0xfffd, 0xfffe, 0xffff, 0x10000, 0x3ffff,
  0x40000, 0xfffff, 0x100000, 0x10ffff,
];

type InvalidRow = readonly [hex: string, what: string];

const invalidRows: readonly (readonly [group: string, rows: readonly InvalidRow[]])[] = [
  [
    'stray',
    [
      ['80', 'the continuation byte 80 alone'],
      ['bf', 'the continuation byte BF alone'],
      ['80 bf', 'two continuation bytes'],
      ['80 bf 80 bf 80 bf 80', 'seven continuation bytes'],
      ['61 80 62', 'a continuation byte between letters'],
      ['c3 a4 a4', 'a continuation byte more than its character needs'],
    ],
  ],
  [
    'incomplete',
    [
      ['c3 20', 'a first byte of 2 and a space'],
      ['e2 82 20', 'two bytes of 3 and a space'],
      ['e2 20', 'a first byte of 3 and a space'],
      ['f0 9f 98 20', 'three bytes of 4 and a space'],
      ['f0 9f 20', 'two bytes of 4 and a space'],
      ['f0 20', 'a first byte of 4 and a space'],
      ['c3 c3 a4', 'a first byte before a whole character'],
      ['e2 82 e2 82 ac', 'two bytes of 3 before a whole character'],
    ],
  ],
  [
    'never',
    [
      ['fe', 'the byte FE'],
      ['ff', 'the byte FF'],
      ['fe fe ff ff', 'the bytes FE FE FF FF'],
      ['f8 88 80 80 80', 'a sequence of 5 bytes'],
      ['fc 84 80 80 80 80', 'a sequence of 6 bytes'],
      ['f5 80 80 80', 'the first byte F5'],
    ],
  ],
  [
    'overlong',
    [
      ['c0 80', 'U+0000 in 2 bytes'],
      ['c0 af', 'a slash in 2 bytes'],
      ['c1 bf', 'U+007F in 2 bytes'],
      ['e0 80 80', 'U+0000 in 3 bytes'],
      ['e0 80 af', 'a slash in 3 bytes'],
      ['e0 9f bf', 'U+07FF in 3 bytes'],
      ['f0 80 80 80', 'U+0000 in 4 bytes'],
      ['f0 80 80 af', 'a slash in 4 bytes'],
      ['f0 8f bf bf', 'U+FFFF in 4 bytes'],
      ['f8 80 80 80 af', 'a slash in 5 bytes'],
      ['fc 80 80 80 80 af', 'a slash in 6 bytes'],
    ],
  ],
  [
    'surrogate',
    [
      ['ed a0 80', 'the surrogate U+D800'],
      ['ed ad bf', 'the surrogate U+DB7F'],
      ['ed ae 80', 'the surrogate U+DB80'],
      ['ed af bf', 'the surrogate U+DBFF'],
      ['ed b0 80', 'the surrogate U+DC00'],
      ['ed be 80', 'the surrogate U+DF80'],
      ['ed bf bf', 'the surrogate U+DFFF'],
      ['ed a0 80 ed b0 80', 'the pair of surrogates for U+10000'],
      ['ed af bf ed bf bf', 'the pair of surrogates for U+10FFFF'],
      ['ed a0 bd ed b8 80', 'the pair of surrogates for an emoji'],
    ],
  ],
  [
    'beyond',
    [
      ['f4 90 80 80', 'U+110000, one beyond the last code point'],
      ['f7 bf bf bf', 'U+1FFFFF'],
      ['f8 88 80 80 80', 'U+200000'],
      ['fb bf bf bf bf', 'U+3FFFFFF'],
      ['fd bf bf bf bf bf', 'U+7FFFFFFF'],
    ],
  ],
];
