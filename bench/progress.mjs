import { performance } from 'node:perf_hooks';

/** Tells how far a number of tasks has come, on stderr, and how long the rest will take. */
export class Progress {
  /** @type {(text: string) => void} */
  #say;
  /** @type {() => number} */
  #nowMs;
  /** @type {number} */
  #startedAtMs;
  /** @type {number} */
  #plannedSeconds;
  #plannedSecondsDone = 0;
  /** @type {number} */
  #count;
  #doneCount = 0;

  /**
   * @param {{ count: number, seconds: number }} plan how many tasks there are, and a guess how long they take in all
   * @param {(text: string) => void} [say]
   * @param {() => number} [nowMs]
   */
  constructor(plan, say = (text) => process.stderr.write(text), nowMs = () => performance.now()) {
    this.#count = plan.count;
    this.#plannedSeconds = plan.seconds;
    this.#say = say;
    this.#nowMs = nowMs;
    this.#startedAtMs = nowMs();
  }

  /** @param {string} name */
  begin(name) {
    const position = `${this.#doneCount + 1}/${this.#count}`;
    const elapsed = formatSeconds(this.#elapsedSeconds());
    this.#say(`[${position}, ${elapsed} gone, ${formatSeconds(this.#remainingSeconds())} to go] ${name} … `);
  }

  /**
   * @param {string} outcome
   * @param {number} plannedSeconds the guess for the task that ended
   */
  end(outcome, plannedSeconds) {
    this.#doneCount++;
    this.#plannedSecondsDone += plannedSeconds;
    this.#say(`${outcome}\n`);
  }

  #elapsedSeconds() {
    return (this.#nowMs() - this.#startedAtMs) / 1000;
  }

  /** The guess, corrected by how it held up so far. */
  #remainingSeconds() {
    const left = this.#plannedSeconds - this.#plannedSecondsDone;
    if (this.#plannedSecondsDone === 0) return left;
    return left * (this.#elapsedSeconds() / this.#plannedSecondsDone);
  }
}

/** @param {number} seconds */
function formatSeconds(seconds) {
  const whole = Math.round(seconds);
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, '0')}`;
}
