import type { InputOf, OutputOf, StandardSchema } from '../standard-schema.js';
import type { Contract } from './contract.js';

/**
 * What a client of a hub with this contract sends and gets. It has types only and no schema in it, so that a client in a
 * browser needs nothing of the hub: `import type { chat } from '../chat-contract.js'` and `ClientContract<typeof chat>`.
 */
export interface ClientContract<Agreed extends Contract> {
  /** By pattern; `PatternOf` finds the one that has a topic. */
  readonly topics: {
    readonly [Pattern in keyof Agreed['topics']]: {
      readonly publish: InputOf<Agreed['topics'][Pattern]>;
      readonly receive: JsonOf<OutputOf<Agreed['topics'][Pattern]>>;
    };
  };
  /** By method: what the client asks with, and the answer that it gets. */
  readonly requests: {
    readonly [Method in keyof Agreed['requests']]: {
      readonly input: TakenAt<Agreed['requests'][Method], 'input'>;
      readonly output: JsonOf<MadeAt<Agreed['requests'][Method], 'output'>>;
    };
  };
  /** By method: what the client is asked with, and what it answers. */
  readonly clientRequests: {
    readonly [Method in keyof Agreed['clientRequests']]: {
      readonly input: JsonOf<MadeAt<Agreed['clientRequests'][Method], 'input'>>;
      readonly output: TakenAt<Agreed['clientRequests'][Method], 'output'>;
    };
  };
}

/** The names that a pattern stands for, as far as a template can tell: of `chat/*` it is `chat/${string}`. */
export type TopicOf<Pattern extends string> = Pattern extends `${infer Start}**`
  ? `${TopicOf<Start>}${string}`
  : Pattern extends `${infer Start}*${infer Rest}`
    ? `${Start}${string}${TopicOf<Rest>}`
    : Pattern;

/**
 * Which of the patterns hold for a topic, or for the topics of a pattern. Of a name that is known to the last letter that is
 * the most specific one; of others those that may hold. A part `${string}` of a name counts as one level.
 */
export type PatternOf<Patterns extends string, Name extends string> = string extends Name
  ? Patterns
  : {
      [Pattern in Patterns]: Meets<Pattern, Name> extends true
        ? [Closer<Exclude<Patterns, Pattern>, Pattern, Name>] extends [never]
          ? Pattern
          : never
        : never;
    }[Patterns];

/** What JSON makes of a value: a date becomes a string. */
export type JsonOf<Value> = Value extends string | number | boolean | null | undefined
  ? Value
  : Value extends { toJSON(): infer Json }
    ? Json
    : Value extends object
      ? { [Key in keyof Value]: JsonOf<Value[Key]> }
      : Value;

/** The names of topics and patterns that a hub has a type for: any, without a contract. */
export type TopicName<Agreed extends Contract | undefined> = Agreed extends Contract
  ? TopicOf<keyof Agreed['topics'] & string>
  : string;

/** What is published on a topic. */
export type PublishData<Agreed extends Contract | undefined, Name extends string> = Agreed extends Contract
  ? InputOf<Agreed['topics'][PatternOf<keyof Agreed['topics'] & string, Name>]>
  : unknown;

/** What subscribers to a topic or pattern get. */
export type ReceiveData<Agreed extends Contract | undefined, Name extends string> = Agreed extends Contract
  ? JsonOf<OutputOf<Agreed['topics'][PatternOf<keyof Agreed['topics'] & string, Name>]>>
  : unknown;

/** The methods of a direction that a hub has types for: any, without a contract. */
export type MethodName<
  Agreed extends Contract | undefined,
  Direction extends 'requests' | 'clientRequests',
> = Agreed extends Contract ? keyof Agreed[Direction] & string : string;

/** What the one who asks gives, or the one who answers: the schema takes it. */
export type MethodTakes<
  Agreed extends Contract | undefined,
  Direction extends 'requests' | 'clientRequests',
  Method extends string,
  Side extends 'input' | 'output',
> = Agreed extends Contract ? TakenAt<Agreed[Direction][Method], Side> : unknown;

/** What the one who is asked gets, or the one who asked: the schema made it. */
export type MethodMakes<
  Agreed extends Contract | undefined,
  Direction extends 'requests' | 'clientRequests',
  Method extends string,
  Side extends 'input' | 'output',
> = Agreed extends Contract ? MadeAt<Agreed[Direction][Method], Side> : unknown;

type TakenAt<Schemas, Side extends string> = Schemas extends {
  readonly [Key in Side]: infer Schema extends StandardSchema;
}
  ? InputOf<Schema>
  : unknown;

type MadeAt<Schemas, Side extends string> = Schemas extends {
  readonly [Key in Side]: infer Schema extends StandardSchema;
}
  ? OutputOf<Schema>
  : unknown;

/** Those of other patterns that surely hold for a name, and for less than this pattern. */
type Closer<Others extends string, Pattern extends string, Name extends string> = {
  [Other in Others]: [IsWithin<Name, Other>, IsWithin<Other, Pattern>] extends [true, true] ? Other : never;
}[Others];

/** Whether some topic may be of both. */
type Meets<Left extends string, Right extends string> = '**' extends Left | Right
  ? true
  : Left extends `${infer First}/${infer Rest}`
    ? Right extends `${infer Level}/${infer More}`
      ? LevelsMeet<First, Level> extends true
        ? Meets<Rest, More>
        : false
      : false
    : Right extends `${string}/${string}`
      ? false
      : LevelsMeet<Left, Right>;

type LevelsMeet<Left extends string, Right extends string> = '*' extends Left | Right
  ? true
  : Left extends Right
    ? true
    : Right extends Left
      ? true
      : false;

/** Whether all topics of a name are of a pattern. */
type IsWithin<Name extends string, Pattern extends string> = Pattern extends '**'
  ? true
  : Pattern extends `${infer First}/${infer Rest}`
    ? Name extends `${infer Level}/${infer More}`
      ? IsLevelWithin<Level, First> extends true
        ? IsWithin<More, Rest>
        : false
      : false
    : Name extends `${string}/${string}`
      ? false
      : IsLevelWithin<Name, Pattern>;

type IsLevelWithin<Level extends string, First extends string> = Level extends '**'
  ? false
  : First extends '*'
    ? true
    : Level extends First
      ? true
      : false;
