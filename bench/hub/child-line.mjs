import { collectText, errorLine, hasExited } from '../children.mjs';

/**
 * The first line that a process prints, which is JSON. Rejects when it ends before, or says nothing in time.
 *
 * @param {import('../children.mjs').ChildProcess} child
 * @param {number} timeoutMs
 * @returns {Promise<any>}
 */
export function firstLine(child, timeoutMs) {
  const stdout = collectText(child.stdout);
  const stderr = collectText(child.stderr);
  return new Promise((resolve, reject) => {
    const look = () => {
      const [line, ...rest] = stdout().split('\n');
      if (rest.length === 0) return;
      clearTimeout(timer);
      resolve(JSON.parse(line ?? ''));
    };
    const fail = (/** @type {string} */ reason) => {
      clearTimeout(timer);
      reject(new Error(reason));
    };
    const timer = setTimeout(() => fail(`a process said nothing in ${timeoutMs / 1000} s`), timeoutMs);
    child.stdout.on('data', look);
    child.on('error', (error) => fail(error.message));
    child.on('close', () => fail(errorLine(stderr()) || 'a process ended early'));
    if (hasExited(child)) fail('a process ended early');
  });
}
