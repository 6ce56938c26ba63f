import type { CaseResult, Verdict } from '@ieum/check';

import { ProgressView } from './bench/progress-view.js';
import { colorsFor } from './colors.js';

/** Shows how many cases are done, and how many went wrong so far. */
export class CheckProgress {
  readonly #view: ProgressView;
  readonly #counts = new Map<Verdict, number>();
  #done = 0;

  constructor(stream: NodeJS.WriteStream) {
    this.#view = new ProgressView(stream, colorsFor(stream));
  }

  begin(total: number): void {
    this.#view.begin({
      title: `judging by ${total} cases`,
      state: () => ({ share: this.#done / total, detail: this.#detail() }),
    });
  }

  readonly add = ({ verdict }: Pick<CaseResult, 'verdict'>): void => {
    this.#done++;
    this.#counts.set(verdict, (this.#counts.get(verdict) ?? 0) + 1);
  };

  /** Writes a line that stays. */
  note(text: string): void {
    this.#view.note(text);
  }

  end(): void {
    this.#view.end();
  }

  #detail(): string {
    const noted: readonly Verdict[] = ['fail', 'non-strict'];
    const counts = noted.map((verdict) => [verdict, this.#counts.get(verdict) ?? 0] as const);
    return counts.flatMap(([verdict, count]) => (count === 0 ? [] : [`${count} ${verdict}`])).join(', ');
  }
}
