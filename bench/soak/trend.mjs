/** @typedef {{ atMs: number, bytes: number }} Sample */

/**
 * @typedef {object} Trend
 * @property {'steady' | 'grows' | 'unclear'} verdict
 * @property {number} bytesPerHour the slope, by least squares
 * @property {number} uncertainty twice the standard error of the slope: it is within so much of the truth, most likely
 * @property {number} boundPerHour the slope that counts as none
 * @property {number} meanBytes
 */

/**
 * What memory does over time. It goes up and down with the garbage collector, so only the least of every few seconds counts.
 * It grows when the slope is above the bound beyond doubt, is steady when it is below, and otherwise more time would tell.
 *
 * @param {readonly Sample[]} samples
 * @returns {Trend}
 */
export function trendOf(samples) {
  const lows = lowsOf(samples);
  const meanBytes = mean(lows.map(({ bytes }) => bytes));
  const boundPerHour = Math.max(LEAST_BOUND, meanBytes * SHARE);
  const { slope, error } = leastSquares(lows.map(({ atMs, bytes }) => [atMs / HOUR_MS, bytes]));
  const uncertainty = 2 * error;
  return {
    verdict: verdictOn(slope, uncertainty, boundPerHour),
    bytesPerHour: slope,
    uncertainty,
    boundPerHour,
    meanBytes,
  };
}

/**
 * @param {number} slope
 * @param {number} uncertainty
 * @param {number} bound
 * @returns {Trend['verdict']}
 */
function verdictOn(slope, uncertainty, bound) {
  if (slope - uncertainty > bound) return 'grows';
  return slope + uncertainty <= bound ? 'steady' : 'unclear';
}

/**
 * The least of each window.
 *
 * @param {readonly Sample[]} samples
 * @returns {Sample[]}
 */
function lowsOf(samples) {
  /** @type {Map<number, Sample>} */
  const lows = new Map();
  for (const sample of samples) {
    const window = Math.floor(sample.atMs / WINDOW_MS);
    const low = lows.get(window);
    if (low === undefined || sample.bytes < low.bytes) lows.set(window, sample);
  }
  return [...lows.values()];
}

/**
 * The slope of the line that is nearest to the points, and its standard error.
 *
 * @param {readonly (readonly [number, number])[]} points
 */
function leastSquares(points) {
  const meanX = mean(points.map(([x]) => x));
  const meanY = mean(points.map(([, y]) => y));
  const spread = sum(points.map(([x]) => (x - meanX) ** 2));
  const slope = sum(points.map(([x, y]) => (x - meanX) * (y - meanY))) / spread;
  const residue = sum(points.map(([x, y]) => (y - meanY - slope * (x - meanX)) ** 2));
  return { slope, error: Math.sqrt(residue / (points.length - 2) / spread) };
}

/** @param {readonly number[]} values */
function sum(values) {
  return values.reduce((total, value) => total + value, 0);
}

/** @param {readonly number[]} values */
function mean(values) {
  return sum(values) / values.length;
}

const HOUR_MS = 3_600_000;
const WINDOW_MS = 5_000;
/** In an hour: 8 MiB, or a twentieth of what there is. */
const LEAST_BOUND = 8 * 1024 * 1024;
const SHARE = 0.05;
