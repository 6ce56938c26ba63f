import type { Content } from './content.js';
import { contentOf, type Envelope, type EnvelopeViolation, openEnvelope, sealEnvelope } from './envelope.js';
import { type Field, own, type Shape, type Shapes } from './fields.js';

/** A message whose fields are those of its type's shape; what else stood there is left out. */
export interface CheckedMessage {
  readonly type: string;
  readonly content?: Content;
  readonly [field: string]: unknown;
}

/** The message, or what is wrong with it. Never throws. */
export function decodeBy(
  shapes: Shapes<string>,
  data: string | Uint8Array,
): CheckedMessage | EnvelopeViolation {
  const envelope = openEnvelope(data);
  if (envelope.type === 'violation') return envelope;
  const type = own(envelope.fields, 'type');
  if (typeof type !== 'string') return violation(envelope, 'it has no type');
  const shape = Object.hasOwn(shapes, type) ? shapes[type] : undefined;
  if (shape === undefined) return violation(envelope, 'its type is unknown');
  return checkMessage(envelope, type, shape);
}

/** @throws TypeError, RangeError as `sealEnvelope` does */
export function encodeMessage(message: {
  readonly type: string;
  readonly content?: Content;
}): string | Uint8Array<ArrayBuffer> {
  const { content, ...fields } = message;
  return sealEnvelope(fields, content);
}

function checkMessage(envelope: Envelope, type: string, shape: Shape): CheckedMessage | EnvelopeViolation {
  const message: Record<string, unknown> = { type };
  for (const [name, field] of Object.entries(shape.fields)) {
    const value = own(envelope.fields, name);
    if (isLeftOut(value, field)) continue;
    const problem = problemOf(value, field);
    if (problem !== null) return violation(envelope, `${name} is not ${problem}`);
    message[name] = value;
  }
  if (shape.hasContent !== true) {
    return envelope.payload === null
      ? (message as CheckedMessage)
      : violation(envelope, `${type} is no binary message`);
  }
  const content = contentOf(envelope);
  if (typeof content === 'string') return violation(envelope, content);
  return { ...message, type, content };
}

function isLeftOut(value: unknown, { presence }: Field): boolean {
  if (value === undefined) return presence === 'optional' || presence === 'json';
  return value === null && presence === 'optional';
}

function problemOf(value: unknown, field: Field): string | null {
  const isNull = value === null && (field.presence === 'nullable' || field.presence === 'json');
  return isNull ? null : field.problemOf(value);
}

function violation({ fields }: Envelope, problem: string): EnvelopeViolation {
  const id = own(fields, 'id');
  const isId = Number.isSafeInteger(id) && (id as number) >= 0;
  return { type: 'violation', id: isId ? (id as number) : null, message: problem };
}
