/**
 * What outcomes at some values tell of the limit: a Bayesian response curve. At position u the objectives hold with probability F((t - u) / w): t is
 * where that turns, w how gradually. F is one of three shapes, since replications may cease to fail more slowly than they cease to hold, or
 * the other way round; the logistic curve alone would put the limit of a queue, say, at too firm a place. The limit at a probability q is
 * where the curve passes q. Before any outcome the shapes are equally likely, t is anywhere up to half the range beyond its ends and ln w anywhere from
 * an edge, which bisection finds, to a third of the range. The posterior is summed over a grid that is laid anew, where the mass is, each time.
 */

/** Outcomes at one position. */
export interface Trial {
  /** Place in the range: 0 = the end where objectives hold, 1 = the end where they fail. */
  readonly position: number;
  readonly held: number;
  readonly failed: number;
}

/** How far beyond the range the limit may lie, in ranges. */
const BEYOND = 0.5;
/** Widest curve: it takes the whole range from 5 % to 95 %. */
const WIDEST = 1 / 3;
/** Widths of the grid; equal ratios apart. */
const WIDTHS = 10;
/** Evenly spaced thresholds of the first grid, with more between each two trials, where a sharp limit may lie; and those of the second. */
const COARSE_THRESHOLDS = 40;
const BETWEEN_TRIALS = 2;
const FINE_THRESHOLDS = 72;
/** Cells with less than this of the best one's weight have no part in the second, finer grid. */
const NEGLIGIBLE = 1e-6;
/**
 * What an outcome weighs. Real curves have none of the shapes exactly: taken at their full weight, outcomes would make the posterior surer of the wrong
 * shape than it may be (J. Miller and D. Dunson, Robust Bayesian inference via coarsening, 2019). With this, the intervals of queues hold the limit that theory knows
 * in 95 of 100 searches, see test/theory/capacity.test.ts.
 */
const POWER = 0.85;
/** Distances from the threshold, in widths, beyond which nothing is distinguished. */
const FURTHEST = 300;

/** A curve from 1 to 0; z is how far before the threshold something is, in widths. */
interface Shape {
  readonly holds: (z: number) => number;
  /** The z at which it holds with probability `q`. */
  readonly inverse: (q: number) => number;
  /** Logarithm of the probability that it holds `held` times and fails `failed` times at z. */
  readonly logLikelihood: (z: number, held: number, failed: number) => number;
}

const SHAPES: readonly Shape[] = [
  // Logistic: both ends alike.
  {
    holds: (z) => 1 / (1 + Math.exp(-z)),
    inverse: (q) => Math.log(q / (1 - q)),
    logLikelihood: (z, held, failed) => {
      const costOfHolding = z > 0 ? Math.log1p(Math.exp(-z)) : Math.log1p(Math.exp(z)) - z;
      return -held * costOfHolding - failed * (costOfHolding + z);
    },
  },
  // Gumbel's: the last failures cease quickly, the last successes slowly.
  {
    holds: (z) => -Math.expm1(-Math.exp(z)),
    inverse: (q) => Math.log(-Math.log1p(-q)),
    logLikelihood: (z, held, failed) => quickEnd(z, failed, held),
  },
  // And its mirror image, as queues have it.
  {
    holds: (z) => Math.exp(-Math.exp(-z)),
    inverse: (q) => -Math.log(-Math.log(q)),
    logLikelihood: (z, held, failed) => quickEnd(-z, held, failed),
  },
];

/** ln of exp(-e^z) for each of `quick` outcomes and of the rest for each of `slow` ones. */
function quickEnd(z: number, quick: number, slow: number): number {
  const rate = Math.exp(z);
  return -quick * rate + (slow === 0 ? 0 : slow * Math.log(-Math.expm1(-rate)));
}

/** The posterior, as weighted cells. */
export class ResponseCurve {
  /** Logarithm of the probability of all outcomes under the prior: compares models of the same outcomes. */
  readonly evidence: number;
  private readonly grid: Grid;
  /** Share of the posterior of each cell, thresholds within widths within shapes; they add up to 1. */
  private readonly weights: Float64Array;

  /** `sharpest` is the least width that is told from a step, in ranges. */
  constructor(trials: readonly Trial[], sharpest: number) {
    const thresholds = coarseThresholds(trials);
    const coarse = new Grid(trials, thresholds, [Math.min(sharpest, WIDEST / 2), WIDEST]);
    this.evidence = coarse.evidence;
    const box = coarse.box();
    this.grid = new Grid(trials, even(...box.thresholds, FINE_THRESHOLDS), box.widths);
    this.weights = this.grid.normalised();
  }

  /** Positions at or below which the limit at probability `q` lies with the given probabilities. */
  limitQuantiles(q: number, probabilities: readonly number[]): number[] {
    const distances = SHAPES.map(({ inverse }) => inverse(q));
    return this.quantilesOf(
      (threshold, width, shape) => threshold - width * (distances[shape] as number),
      probabilities,
    );
  }

  /** The same of the probability that objectives hold at a position. */
  holdQuantiles(position: number, probabilities: readonly number[]): number[] {
    return this.quantilesOf(
      (threshold, width, shape) => (SHAPES[shape] as Shape).holds((threshold - position) / width),
      probabilities,
    );
  }

  private quantilesOf(
    measure: (threshold: number, width: number, shape: number) => number,
    probabilities: readonly number[],
  ): number[] {
    const { weights, grid } = this;
    const values = new Float64Array(weights.length);
    let cell = 0;
    for (let shape = 0; shape < SHAPES.length; shape++) {
      for (const width of grid.widths)
        for (const threshold of grid.thresholds) values[cell++] = measure(threshold, width, shape);
    }
    const order = Uint32Array.from(weights.keys()).sort(
      (a, b) => (values[a] as number) - (values[b] as number) || a - b,
    );
    return probabilities.map((probability) => weightedQuantile(order, values, weights, probability));
  }
}

/** The value below which a share of the weight lies, interpolated between the middles of the cells. */
function weightedQuantile(
  order: Uint32Array,
  values: Float64Array,
  weights: Float64Array,
  probability: number,
): number {
  let below = 0;
  let lastMiddle = 0;
  let lastValue = values[order[0] as number] as number;
  for (const cell of order) {
    const weight = weights[cell] as number;
    const value = values[cell] as number;
    const middle = below + weight / 2;
    if (middle >= probability) {
      const share = middle > lastMiddle ? (probability - lastMiddle) / (middle - lastMiddle) : 1;
      return lastValue + (value - lastValue) * share;
    }
    below += weight;
    lastMiddle = middle;
    lastValue = value;
  }
  return lastValue;
}

/** Thresholds times widths times shapes, with the weight of each cell. */
class Grid {
  readonly thresholds: readonly number[];
  readonly widths: readonly number[];
  readonly evidence: number;
  private readonly logWeights: Float64Array;
  private readonly best: number;

  constructor(trials: readonly Trial[], thresholds: readonly number[], widthRange: readonly [number, number]) {
    this.thresholds = thresholds;
    this.widths = geometric(widthRange, WIDTHS);
    const spacings = spacingsOf(this.thresholds).map(Math.log);
    this.logWeights = new Float64Array(this.thresholds.length * WIDTHS * SHAPES.length);
    let cell = 0;
    let best = Number.NEGATIVE_INFINITY;
    for (const { logLikelihood } of SHAPES) {
      for (const width of this.widths) {
        for (let i = 0; i < this.thresholds.length; i++) {
          const threshold = this.thresholds[i] as number;
          let sum = spacings[i] as number;
          for (const { position, held, failed } of trials) {
            const z = Math.min(FURTHEST, Math.max(-FURTHEST, (threshold - position) / width));
            sum += POWER * logLikelihood(z, held, failed);
          }
          this.logWeights[cell++] = sum;
          if (sum > best) best = sum;
        }
      }
    }
    this.best = best;
    const total = this.logWeights.reduce((sum, weight) => sum + Math.exp(weight - best), 0);
    this.evidence = best + Math.log(total / WIDTHS / SHAPES.length);
  }

  /** The ranges of thresholds and widths outside of which nothing counts. */
  box(): { thresholds: readonly [number, number]; widths: readonly [number, number] } {
    const { thresholds, widths, logWeights, best } = this;
    const least = best + Math.log(NEGLIGIBLE);
    let [firstThreshold, lastThreshold, firstWidth, lastWidth] = [thresholds.length, -1, widths.length, -1];
    for (const [cell, weight] of logWeights.entries()) {
      if (weight < least) continue;
      const threshold = cell % thresholds.length;
      const width = ((cell - threshold) / thresholds.length) % widths.length;
      firstThreshold = Math.min(firstThreshold, threshold);
      lastThreshold = Math.max(lastThreshold, threshold);
      firstWidth = Math.min(firstWidth, width);
      lastWidth = Math.max(lastWidth, width);
    }
    const at = (list: readonly number[], index: number) =>
      list[Math.min(list.length - 1, Math.max(0, index))] as number;
    return {
      thresholds: [at(thresholds, firstThreshold - 1), at(thresholds, lastThreshold + 1)],
      widths: [at(widths, firstWidth - 1), at(widths, lastWidth + 1)],
    };
  }

  /** The weights, which add up to 1. */
  normalised(): Float64Array {
    const weights = this.logWeights.map((weight) => Math.exp(weight - this.best));
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    return weights.map((weight) => weight / total);
  }
}

/** Thresholds over the range and beyond, ascending, each once. */
function coarseThresholds(trials: readonly Trial[]): number[] {
  const positions = trials.map(({ position }) => position).sort((a, b) => a - b);
  const between = positions.slice(1).flatMap((right, i) => {
    const left = positions[i] as number;
    return Array.from({ length: BETWEEN_TRIALS }, (_, k) => left + ((right - left) * (k + 1)) / (BETWEEN_TRIALS + 1));
  });
  const all = new Set([...even(-BEYOND, 1 + BEYOND, COARSE_THRESHOLDS), ...between]);
  return [...all].sort((a, b) => a - b);
}

function even(low: number, high: number, count: number): number[] {
  return Array.from({ length: count }, (_, i) => low + ((high - low) * i) / (count - 1));
}

/** How much of the axis each threshold stands for. */
function spacingsOf(thresholds: readonly number[]): number[] {
  const last = thresholds.length - 1;
  return thresholds.map((_, i) => {
    const right = thresholds[Math.min(last, i + 1)] as number;
    const left = thresholds[Math.max(0, i - 1)] as number;
    return Math.max(Number.MIN_VALUE, (right - left) / 2);
  });
}

function geometric([low, high]: readonly [number, number], count: number): number[] {
  return Array.from({ length: count }, (_, i) => low * (high / low) ** (i / (count - 1)));
}
