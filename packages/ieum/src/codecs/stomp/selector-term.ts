/** What a selector says, as data. */
export type SelectorTerm =
  | { readonly type: 'string'; readonly value: string }
  | { readonly type: 'number'; readonly value: number }
  | { readonly type: 'boolean'; readonly value: boolean }
  | { readonly type: 'header'; readonly name: string }
  | { readonly type: 'and' | 'or'; readonly terms: readonly SelectorTerm[] }
  | { readonly type: 'not' | 'minus'; readonly term: SelectorTerm }
  | { readonly type: 'compare'; readonly operator: Comparison; readonly terms: Pair }
  | { readonly type: 'calculate'; readonly operator: Calculation; readonly terms: Pair }
  | { readonly type: 'between'; readonly terms: readonly [SelectorTerm, SelectorTerm, SelectorTerm] }
  | { readonly type: 'in'; readonly term: SelectorTerm; readonly values: readonly string[] }
  | { readonly type: 'like'; readonly term: SelectorTerm; readonly pattern: readonly LikePart[] }
  | { readonly type: 'null'; readonly name: string };

export type Comparison = '=' | '<>' | '<' | '<=' | '>' | '>=';
export type Calculation = '+' | '-' | '*' | '/';
export type Pair = readonly [left: SelectorTerm, right: SelectorTerm];

/** Any number of characters, any one, or these. */
export type LikePart =
  | { readonly type: 'many' | 'one' }
  | { readonly type: 'character'; readonly value: string };
