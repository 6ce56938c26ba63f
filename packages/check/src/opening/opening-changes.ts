/**
 * What is different from a correct opening handshake. Header fields are found without regard to case and written as they
 * are spelled here: a text replaces the value, a list repeats the field, null leaves it out, and other names are added.
 */
export interface OpeningChanges {
  readonly headers?: Readonly<Record<string, string | readonly string[] | null>>;
  /** In place of the whole first line, without its line end. HTTP/1.1 only. */
  readonly startLine?: string;
  /** Of a request. Default `GET`, over HTTP/2 `CONNECT`. */
  readonly method?: string;
  /** Of a request. Default the path and query of the URL. */
  readonly target?: string;
  /** Default `1.1`. */
  readonly version?: string;
  /** Of a response. Default 101, over HTTP/2 200. */
  readonly status?: number;
  /** Default CR LF. HTTP/1.1 only. */
  readonly lineEnd?: string;
  /** Follows the head at once, in the same write. */
  readonly body?: string | Uint8Array;
  /** Pseudo-header fields of HTTP/2 to change, to add, or with null to leave out. */
  readonly pseudo?: Readonly<Record<`:${string}`, string | null>>;
}

/** The fields with their changes. */
export function changedFields(
  fields: readonly (readonly [string, string])[],
  changes: OpeningChanges['headers'] = {},
): (readonly [string, string])[] {
  const rest = new Map(Object.entries(changes).map(([name, value]) => [name.toLowerCase(), { name, value }]));
  const changed = fields.flatMap((field) => {
    const change = rest.get(field[0].toLowerCase());
    if (change === undefined) return [field];
    rest.delete(field[0].toLowerCase());
    return written(change);
  });
  return [...changed, ...[...rest.values()].flatMap(written)];
}

interface FieldChange {
  readonly name: string;
  readonly value: string | readonly string[] | null;
}

function written({ name, value }: FieldChange): (readonly [string, string])[] {
  const values = value === null ? [] : typeof value === 'string' ? [value] : value;
  return values.map((one) => [name, one]);
}
