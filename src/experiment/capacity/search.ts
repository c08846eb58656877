/**
 * The search for a limit: at which value do objectives hold with a given probability? It asks for rounds of probes and is told of each whether
 * it held; what a probe is, it does not know. Every probe is a replication with a number of its own: outcomes are independent, as the
 * response curve supposes. (Were a number shared by several values, the search would bisect the limit of that one seed, and take it for sharp.)
 *
 * A round has the same number of probes whatever runs them, so that the answer does not depend on the number of workers. The first one looks at
 * both ends and between; the others go where the limit is thought to be.
 */
import { type Axis, positionOf, probeValueAt, roundValue, valueAt } from '../axis.ts';
import { fisherExact, type Inversion, strangestInversion } from './monotonicity.ts';
import { ResponseCurve, type Trial } from './response-curve.ts';

/** Probes of a round. */
export const ROUND = 4;
/** Positions of the first round. */
const FIRST_POSITIONS: readonly number[] = [0, 1 / 3, 2 / 3, 1];
/** Fewer probes than this decide nothing, however alike they are. */
const LEAST_PROBES = 3 * ROUND;
/** Quantiles of the limit at which a round probes: wide apart, so that the curve is known on both sides of the limit and not at its middle alone. */
const LIMIT_QUANTILES: readonly number[] = [0.1, 0.5, 0.9, 0.97];
/** The interval that is told. */
const INTERVAL: readonly [number, number, number] = [0.025, 0.5, 0.975];
/** The sharpest limit that is told from a step is this part of the precision that is asked for. */
const SHARPEST_PART = 1 / 16;
/** Values that may be probed in a step of the precision. */
const STEPS_OF_PRECISION = 2;
/** Fresh replications at each value of an inversion; 6 failures against 6 successes, and 6 against 5, are beyond chance. */
const FRESH = 6;
/** Probes that a search may ask for beyond the most that it was given: the rest of its last round, and fresh replications of an inversion. */
export const MOST_FURTHER_PROBES = ROUND + 2 * FRESH;
/** Logarithm of how much better the less usual direction must explain the outcomes. */
const SURE = Math.log(20);
/** A hair before a value, in ranges: what fails there fails from there on. */
const BEFORE = 1e-6;
/** Below this probability outcomes that go the wrong way round are no chance. */
const BEYOND_CHANCE = 0.01;
/** Inversions of values nearer than this part of the range belong to any gradual limit. */
const LEAST_DISTANCE = 0.1;

/** What is searched for. */
export interface SearchOptions {
  readonly axis: Axis;
  /** Probability with which all must hold at the limit, between 0 and 1. */
  readonly probability: number;
  /** Half the interval's width as a share of the limit at which the search may end. */
  readonly precision: number;
  /** Probes after which it ends in any case; a test of monotonicity may add {@link FRESH} at each of two values. */
  readonly mostProbes: number;
}

/** A replication at a value. */
export interface Probe {
  readonly value: number;
  /** Number of the replication, from 1; no two probes of a search share one. */
  readonly replication: number;
}

/** Outcomes at one value. */
export interface ValueOutcomes {
  readonly value: number;
  readonly held: number;
  readonly failed: number;
}

/** Why a search ended. */
export type SearchEnding =
  | 'precise'
  | 'holds everywhere'
  | 'holds nowhere'
  | 'not monotone'
  | 'probes used up'
  | 'stopped';

/** What fresh replications said of outcomes that went the wrong way round. */
export interface MonotonicityEvidence {
  /** The value at which more should have held, and fewer did. */
  readonly nearer: ValueOutcomes;
  readonly further: ValueOutcomes;
  /** Probability of that by chance. */
  readonly p: number;
  readonly isMonotone: boolean;
}

/** A point of the response curve. */
export interface ResponsePoint {
  readonly value: number;
  /** Median of the probability that all holds there, with its interval. */
  readonly probability: number;
  readonly low: number;
  readonly high: number;
}

/** The answer. */
export interface SearchResult {
  /** Whether small values hold and large ones fail, or the other way round. */
  readonly direction: 'largest' | 'smallest';
  readonly ending: SearchEnding;
  /** The limit: median of what is thought of it, within the range. */
  readonly limit: number;
  /** Its 95 % interval, cut at the ends of the range. */
  readonly low: number;
  readonly high: number;
  /** The limit may lie below, or above, the range. */
  readonly isLowOpen: boolean;
  readonly isHighOpen: boolean;
  readonly monotonicity: MonotonicityEvidence | undefined;
  /** Outcomes by value, ascending. */
  readonly outcomes: readonly ValueOutcomes[];
}

/** A search while it goes on. */
export class CapacitySearch {
  private readonly options: SearchOptions;
  private readonly sharpest: number;
  /** Steps of the range between values that may be probed. */
  private readonly steps: number;
  /** Outcomes by value, state. */
  private readonly outcomes = new Map<number, { held: number; failed: number }>();
  /** Probes asked for so far, state. */
  private asked = 0;
  private ending: SearchEnding | undefined;
  /** The inversion in question, with what its fresh replications came to; undefined before one was seen, state. */
  private inversion: (Inversion & { fresh: Map<number, { held: number; failed: number }> }) | undefined;

  constructor(options: SearchOptions) {
    this.options = options;
    const { axis, precision } = options;
    // A step of the precision at the upper end, or one whole number where those are further apart, in ranges.
    const step = Math.max(precision * (axis.isLogarithmic ? axis.high : axis.high - axis.low), axis.isWhole ? 1 : 0);
    this.sharpest = SHARPEST_PART * (1 - positionOf(axis, Math.max(axis.low, axis.high - step)));
    const ratio = axis.isLogarithmic ? Math.log(axis.high / axis.low) / Math.log1p(precision) : 1 / precision;
    this.steps = Math.ceil(STEPS_OF_PRECISION * ratio);
  }

  /** The probes of the next round; none once the search is over. All outcomes of the last one must have been told. */
  nextRound(): readonly Probe[] {
    if (this.ending !== undefined) return [];
    const values = this.asked === 0 ? this.firstValues() : this.nextValues();
    return values.map((value) => ({ value, replication: ++this.asked }));
  }

  /** A probe came to its end. */
  record({ value }: Probe, held: boolean): void {
    add(this.outcomes, value, held);
    if (this.inversion !== undefined) this.recordFresh(this.inversion, value, held);
  }

  /** Somebody wants no more. */
  stop(): void {
    this.ending ??= 'stopped';
  }

  /** Whether the search is over, and why. */
  get endedBy(): SearchEnding | undefined {
    return this.ending;
  }

  /** What is thought so far. */
  result(): SearchResult {
    const mirrored = this.isMirrored();
    const [nearQuantile, middle, farQuantile] = this.interval(this.curve(mirrored), mirrored);
    const clip = (position: number) => Math.min(1, Math.max(0, position));
    const [near, limit, far] = [nearQuantile, middle, farQuantile].map((each) =>
      this.limitAt(clip(each), mirrored),
    ) as [number, number, number];
    return {
      direction: mirrored ? 'smallest' : 'largest',
      ending: this.ending ?? 'stopped',
      limit,
      low: Math.min(near, far),
      high: Math.max(near, far),
      isLowOpen: mirrored ? farQuantile > 1 : nearQuantile < 0,
      isHighOpen: mirrored ? nearQuantile < 0 : farQuantile > 1,
      monotonicity: this.evidence(),
      outcomes: this.sortedOutcomes(),
    };
  }

  /** The probability that all holds at some values, with its 95 % interval: what a chart draws. */
  response(values: readonly number[]): ResponsePoint[] {
    const mirrored = this.isMirrored();
    const curve = this.curve(mirrored);
    return values.map((value) => {
      const [low, probability, high] = curve.holdQuantiles(this.positionOf(value, mirrored), INTERVAL) as [
        number,
        number,
        number,
      ];
      return { value, probability, low, high };
    });
  }

  /** The round that follows if the probes of this one, whose outcomes are not known yet, go as they most likely will. */
  likelyNextRound(pending: readonly Probe[]): readonly Probe[] {
    const copy = new CapacitySearch(this.options);
    for (const [value, outcomes] of this.outcomes) copy.outcomes.set(value, { ...outcomes });
    copy.asked = this.asked;
    copy.inversion = this.inversion;
    const expected = this.outcomes.size === 0 ? [] : this.response(pending.map(({ value }) => value));
    for (const [i, { value }] of pending.entries()) add(copy.outcomes, value, (expected[i]?.probability ?? 0) >= 1 / 2);
    return this.outcomes.size === 0 ? [] : copy.nextRound();
  }

  private firstValues(): readonly number[] {
    return FIRST_POSITIONS.map((position) => probeValueAt(this.options.axis, position, this.steps));
  }

  private nextValues(): readonly number[] {
    const mirrored = this.isMirrored();
    const curve = this.curve(mirrored);
    const { probability, mostProbes, axis } = this.options;
    const [near, , far] = this.interval(curve, mirrored);
    const ending = this.endingAt(near, far, mirrored);
    if (ending !== undefined || this.asked >= mostProbes / 2) {
      const again = this.valuesOfInversion(mirrored);
      if (again.length > 0) return again;
    }
    if (this.evidence()?.isMonotone === false) this.ending = 'not monotone';
    else this.ending = ending ?? (this.asked >= mostProbes ? 'probes used up' : undefined);
    if (this.ending !== undefined) return [];
    const positions = curve.limitQuantiles(probability, LIMIT_QUANTILES);
    return positions.map((position) => probeValueAt(axis, mirrored ? 1 - position : position, this.steps));
  }

  /**
   * The limit's interval with its median, in positions. Where no outcome is the wrong way round, the limit may be a step: it lies anywhere
   * up to the first value that failed, and not before the last that held.
   */
  private interval(curve: ResponseCurve, mirrored: boolean): [near: number, middle: number, far: number] {
    const [near, middle, far] = curve.limitQuantiles(this.options.probability, INTERVAL) as [number, number, number];
    const trials = this.trials(mirrored);
    const firstFailed = Math.min(...trials.filter(({ failed }) => failed > 0).map(({ position }) => position));
    const lastHeld = Math.max(...trials.filter(({ held }) => held > 0).map(({ position }) => position));
    const mayBeStep = lastHeld < firstFailed && Number.isFinite(firstFailed);
    return mayBeStep ? [near, Math.max(middle, lastHeld), Math.max(far, firstFailed - BEFORE)] : [near, middle, far];
  }

  /** The ending that an interval of the limit, in positions, allows for. */
  private endingAt(near: number, far: number, mirrored: boolean): SearchEnding | undefined {
    const clip = (position: number) => Math.min(1, Math.max(0, position));
    const [a, b] = [this.limitAt(clip(near), mirrored), this.limitAt(clip(far), mirrored)];
    const middle = (Math.abs(a) + Math.abs(b)) / 2;
    if (Math.abs(a - b) / 2 > this.options.precision * middle || this.asked < LEAST_PROBES) return undefined;
    // An interval that goes on beyond an end says no more than that the limit is not before it.
    if (far > 1) return 'holds everywhere';
    return near < 0 ? 'holds nowhere' : 'precise';
  }

  /** Values of an inversion that is to be looked at again: none if there is no strange one, or one was looked at. */
  private valuesOfInversion(mirrored: boolean): readonly number[] {
    if (this.inversion !== undefined) return [];
    const found = strangestInversion(this.trials(mirrored), LEAST_DISTANCE);
    if (found === undefined) return [];
    const value = (position: number): number => {
      const values = [...this.outcomes.keys()];
      return values.find((each) => this.positionOf(each, mirrored) === position) as number;
    };
    const [nearer, further] = [value(found.nearer), value(found.further)];
    this.inversion = { nearer, further, fresh: new Map() };
    return [...Array<number>(FRESH).fill(nearer), ...Array<number>(FRESH).fill(further)];
  }

  /** Only the replications that the inversion asked for count: what made it suspicious cannot also prove it. */
  private recordFresh(
    { nearer, further, fresh }: NonNullable<typeof this.inversion>,
    value: number,
    held: boolean,
  ): void {
    if (value !== nearer && value !== further) return;
    const known = fresh.get(value);
    if (known === undefined || known.held + known.failed < FRESH) add(fresh, value, held);
  }

  private evidence(): MonotonicityEvidence | undefined {
    if (this.inversion === undefined) return undefined;
    const { nearer, further, fresh } = this.inversion;
    const of = (value: number) => ({ value, ...(fresh.get(value) ?? { held: 0, failed: 0 }) });
    const p = fisherExact(of(nearer), of(further));
    return { nearer: of(nearer), further: of(further), p, isMonotone: p >= BEYOND_CHANCE };
  }

  /** Whether large values hold and small ones fail: told by the ends, or where they are alike by which explains all outcomes much better. */
  private isMirrored(): boolean {
    const { axis } = this.options;
    const atLow = shareHeld(this.outcomes.get(axis.low));
    const atHigh = shareHeld(this.outcomes.get(axis.high));
    if (atLow !== atHigh) return atLow < atHigh;
    return this.curve(true).evidence > this.curve(false).evidence + SURE;
  }

  private curve(mirrored: boolean): ResponseCurve {
    return new ResponseCurve(this.trials(mirrored), this.sharpest);
  }

  private trials(mirrored: boolean): Trial[] {
    return this.sortedOutcomes().map(({ value, held, failed }) => ({
      position: this.positionOf(value, mirrored),
      held,
      failed,
    }));
  }

  private sortedOutcomes(): ValueOutcomes[] {
    return [...this.outcomes].map(([value, outcomes]) => ({ value, ...outcomes })).sort((a, b) => a.value - b.value);
  }

  private positionOf(value: number, mirrored: boolean): number {
    const position = positionOf(this.options.axis, value);
    return mirrored ? 1 - position : position;
  }

  /** The limit at a position: the last value that can be typed of those that hold. */
  private limitAt(position: number, mirrored: boolean): number {
    const { axis } = this.options;
    const exact = valueAt(axis, mirrored ? 1 - position : position);
    if (!axis.isWhole) return roundValue(axis, exact);
    // A hair beside a whole number is that number; where three digits do not reach whole numbers, neither does the search.
    const short = roundValue(axis, exact);
    const whole = Math.round(exact);
    if (short !== whole || Math.abs(exact - whole) < 1e-9 * Math.max(1, whole)) return short;
    return mirrored ? Math.ceil(exact) : Math.floor(exact);
  }
}

function add(to: Map<number, { held: number; failed: number }>, value: number, held: boolean): void {
  const known = to.get(value) ?? { held: 0, failed: 0 };
  to.set(value, { held: known.held + (held ? 1 : 0), failed: known.failed + (held ? 0 : 1) });
}

function shareHeld(outcomes: { held: number; failed: number } | undefined): number {
  return outcomes === undefined ? 0 : outcomes.held / (outcomes.held + outcomes.failed);
}
