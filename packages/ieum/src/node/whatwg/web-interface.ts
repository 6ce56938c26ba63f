/**
 * Gives a class the shape that Web IDL asks of an interface: its members are enumerable, its prototype has a name for
 * `Object.prototype.toString`, and its constants stand on the class and on the prototype.
 */
export function shapeAsInterface(
  definition: { readonly name: string; readonly prototype: object },
  constants: Readonly<Record<string, number>> = {},
): void {
  const { prototype } = definition;
  for (const [name, member] of Object.entries(Object.getOwnPropertyDescriptors(prototype))) {
    if (name !== 'constructor') Object.defineProperty(prototype, name, { ...member, enumerable: true });
  }
  Object.defineProperty(prototype, Symbol.toStringTag, { value: definition.name, configurable: true });
  for (const [name, value] of Object.entries(constants)) {
    for (const holder of [definition, prototype]) {
      Object.defineProperty(holder, name, { value, enumerable: true });
    }
  }
}
