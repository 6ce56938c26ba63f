import { expect } from 'vitest';

export interface Measured {
  /** What was measured, with its unit. */
  readonly what: string;
  readonly measured: number;
  readonly budget: number;
  /** How to find out what has become more. */
  readonly hint: string;
}

/** Fails with everything that somebody needs to know who did not expect it. */
export function expectWithin({ what, measured, budget, hint }: Measured): void {
  const figures = `${what}: measured ${rounded(measured)}, the budget is ${budget}`;
  expect(measured, `${figures}\n${hint}\n`).toBeLessThanOrEqual(budget);
}

function rounded(figure: number): number {
  return Number(figure.toPrecision(4));
}
