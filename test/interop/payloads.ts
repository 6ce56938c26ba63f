/** Messages on both sides of every border that the length field has, and text of all widths. */
export const payloads: readonly [name: string, data: string | Uint8Array][] = [
  ...[0, 1, 125, 126, 65_535, 65_536, 1024 * 1024].flatMap((length): [string, string | Uint8Array][] => [
    [`text of ${length} bytes`, 'ieum'.repeat(Math.ceil(length / 4)).slice(0, length)],
    [`binary of ${length} bytes`, bytes(length)],
  ]),
  ['multibyte text', 'é 이음 \u{1f30d} \u{10ffff} \uffff \u0000'],
  ['multibyte text of 70,000 characters', '이음🌍\u00e9'.repeat(14_000)],
];

function bytes(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, index) => (index * 31 + (index >> 8)) & 0xff);
}
