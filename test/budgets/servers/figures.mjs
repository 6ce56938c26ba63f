import { createHook } from 'node:async_hooks';
import { PerformanceObserver } from 'node:perf_hooks';

/** @typedef {import('../measured-server.js').Figures} Figures */
/** @typedef {import('../measured-server.js').Question} Question */

/**
 * Tells the parent process the port, then the figures of this process as often as it asks. Ends with it.
 *
 * @param {number} port
 */
export function answerQuestions(port) {
  const collections = new CollectionCount();
  const timers = new TimerCount();
  process.on('disconnect', () => process.exit());
  process.on('message', async (/** @type {Question} */ question) => {
    if (question.countsTimers) timers.start();
    if (question.collects) await collectGarbage();
    process.send?.(await takeFigures(collections, timers));
  });
  process.send?.({ port });
}

/**
 * @param {CollectionCount} collections
 * @param {TimerCount} timers
 * @returns {Promise<Figures>}
 */
async function takeFigures(collections, timers) {
  const collectionsBefore = await collections.count();
  const { user, system } = process.cpuUsage();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  const collectionsAfter = await collections.count();
  return {
    heapBytes: heapUsed,
    bufferBytes: arrayBuffers,
    cpuMicros: user + system,
    collectionsBefore,
    collectionsAfter,
    timersMade: timers.made,
    timersAlive: timers.alive,
  };
}

async function collectGarbage() {
  // What is freed by one collection may hold what the next one frees.
  for (let i = 0; i < 3; i++) {
    globalThis.gc?.();
    await nextTurn();
  }
}

/** How many times garbage was collected. */
class CollectionCount {
  #count = 0;

  constructor() {
    new PerformanceObserver((list) => {
      this.#count += list.getEntries().length;
    }).observe({ entryTypes: ['gc'] });
  }

  async count() {
    // Observers are told in a later turn.
    for (let i = 0; i < 3; i++) await nextTurn();
    return this.#count;
  }
}

/** How many timers were made since it was started, and how many of them still wait. */
class TimerCount {
  made = 0;
  /** @type {Set<number>} */
  #waiting = new Set();
  #isStarted = false;

  get alive() {
    return this.#waiting.size;
  }

  start() {
    if (this.#isStarted) return;
    this.#isStarted = true;
    createHook({
      init: (id, type) => {
        if (type !== 'Timeout') return;
        this.made++;
        this.#waiting.add(id);
      },
      destroy: (id) => {
        this.#waiting.delete(id);
      },
    }).enable();
  }
}

function nextTurn() {
  return new Promise((resolve) => setImmediate(resolve));
}
