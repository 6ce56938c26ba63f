/**
 * Puts attachments where placeholders stand, in place. Every placeholder has the number of an attachment, and every
 * attachment stands in one place. Undefined when it was so, or what is wrong.
 */
export function attach(value: object, attachments: readonly Uint8Array[]): string | undefined {
  const used = new Set<number>();
  const holders = [value];
  for (let holder = holders.pop(); holder !== undefined; holder = holders.pop()) {
    for (const key of Object.keys(holder)) {
      const inner = (holder as Record<string, unknown>)[key];
      if (typeof inner !== 'object' || inner === null) continue;
      const number = placeholderOf(inner);
      if (number === undefined) {
        holders.push(inner);
        continue;
      }
      const attachment = typeof number === 'number' ? attachments[number] : undefined;
      if (attachment === undefined) return 'a placeholder has the number of no attachment';
      if (used.has(number as number)) return 'two placeholders have the same number';
      used.add(number as number);
      replace(holder, key, attachment);
    }
  }
  return used.size < attachments.length ? 'an attachment has no placeholder' : undefined;
}

/** JSON that keeps its bytes beside it. @throws TypeError when JSON cannot hold the value */
export function detach(value: unknown): {
  readonly json: string;
  readonly attachments: readonly Uint8Array[];
} {
  if (!hasBytes(value, 0)) return { json: stringify(value), attachments: [] };
  const attachments: Uint8Array[] = [];
  const json = stringify(value, function (this: unknown, key: string, plain: unknown) {
    // What was given, not what its toJSON made of it: a Buffer has one.
    const bytes = bytesOf((this as Record<string, unknown>)[key]);
    return bytes === null ? plain : { _placeholder: true, num: attachments.push(bytes) - 1 };
  });
  return { json, attachments };
}

/** Undefined when it is none; null for one without a number. */
function placeholderOf(value: object): unknown {
  if (!Object.hasOwn(value, '_placeholder')) return undefined;
  const { _placeholder, num = null } = value as { readonly _placeholder: unknown; readonly num?: unknown };
  return _placeholder === true ? num : undefined;
}

/** Writes an own property whatever its name: an assignment to `__proto__` would be none. */
function replace(holder: object, key: string, value: unknown): void {
  Object.defineProperty(holder, key, { value, writable: true, enumerable: true, configurable: true });
}

/** Whether there are bytes anywhere; so it is taken to be where a value is too deep to be looked at. */
function hasBytes(value: unknown, depth: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if (depth > maxSearchDepth || bytesOf(value) !== null) return true;
  const { toJSON } = value as { readonly toJSON?: unknown };
  if (typeof toJSON === 'function' && !(value instanceof Date)) return true;
  return Object.values(value).some((inner) => hasBytes(inner, depth + 1));
}

function bytesOf(value: unknown): Uint8Array | null {
  if (value instanceof Uint8Array) return value;
  if (value instanceof ArrayBuffer) return new Uint8Array(value);
  if (ArrayBuffer.isView(value)) return new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
  return null;
}

function stringify(
  value: unknown,
  replacer?: (this: unknown, key: string, plain: unknown) => unknown,
): string {
  const json: string | undefined = JSON.stringify(value, replacer);
  if (json === undefined) throw new TypeError('JSON cannot hold this');
  return json;
}

const maxSearchDepth = 64;
