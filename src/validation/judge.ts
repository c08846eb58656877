/** Predictions beside references: ratios, verdicts, and what holds of each class of figures. */
import type { Prediction, Reference, ReferencePoint } from './validation-case.ts';

/** Aim for a class: its median error, and the ratios within which nearly all figures are to lie. */
const MEDIAN_ERROR = 0.15;
const NEAR = { least: 0.66, most: 1.5 } as const;
const NEAR_SHARE = 0.9;

/** What is said of a figure, from the best to the worst. */
export type FigureVerdict = 'close' | 'in range' | 'near' | 'off' | 'not predicted';

/** One figure, judged. */
export interface JudgedFigure {
  readonly case: string;
  readonly point: string;
  /** Class within its case. */
  readonly family: string;
  readonly metric: string;
  readonly unit: string;
  /** Undefined where the model says nothing. */
  readonly predicted: number | undefined;
  readonly reference: number;
  readonly least: number | undefined;
  readonly most: number | undefined;
  /** predicted / reference. */
  readonly ratio: number | undefined;
  readonly verdict: FigureVerdict;
}

/** All figures of one family of a case. */
export interface ClassSummary {
  readonly case: string;
  readonly family: string;
  readonly figures: number;
  readonly notPredicted: number;
  /** Median of |ratio - 1|. */
  readonly medianError: number;
  /** Share of the predicted figures with a ratio of 0.66 to 1.5. */
  readonly near: number;
  /** Share of those with repeats that lie within least and most; undefined where none has. */
  readonly inRange: number | undefined;
  /** The median within 15 %, or most figures within the range of the repeats; and 90 % near. */
  readonly holds: boolean;
}

/** Judges all figures of a point. */
export function judgePoint(name: string, point: ReferencePoint, prediction: Prediction): JudgedFigure[] {
  return point.references.map((reference) => judge(name, point.name, reference, prediction[reference.metric]));
}

function judge(name: string, point: string, reference: Reference, predicted: number | undefined): JudgedFigure {
  const { metric, unit, value, least, most } = reference;
  const known = predicted === undefined || Number.isNaN(predicted) ? undefined : predicted;
  const ratio = known === undefined ? undefined : known / value;
  const shared = { case: name, point, family: reference.family ?? metric, metric, unit, least, most };
  return { ...shared, predicted: known, reference: value, ratio, verdict: verdictOf(known, ratio, least, most) };
}

function verdictOf(
  predicted: number | undefined,
  ratio: number | undefined,
  least: number | undefined,
  most: number | undefined,
): FigureVerdict {
  if (predicted === undefined || ratio === undefined) return 'not predicted';
  if (Math.abs(ratio - 1) <= MEDIAN_ERROR) return 'close';
  if (least !== undefined && most !== undefined && predicted >= least && predicted <= most) return 'in range';
  return ratio >= NEAR.least && ratio <= NEAR.most ? 'near' : 'off';
}

/** What holds of each class, in the order in which classes first appear. */
export function summarise(figures: readonly JudgedFigure[]): ClassSummary[] {
  const classes = new Map<string, JudgedFigure[]>();
  for (const figure of figures) {
    const key = `${figure.case}\n${figure.family}`;
    const known = classes.get(key);
    if (known === undefined) classes.set(key, [figure]);
    else known.push(figure);
  }
  return [...classes.values()].map(summariseClass);
}

function summariseClass(figures: readonly JudgedFigure[]): ClassSummary {
  const [first] = figures as readonly [JudgedFigure, ...JudgedFigure[]];
  const predicted = figures.filter(({ ratio }) => ratio !== undefined);
  const medianError = median(predicted.map(({ ratio }) => Math.abs((ratio as number) - 1)));
  const repeated = predicted.filter(({ least }) => least !== undefined);
  const share = (some: readonly JudgedFigure[], of: readonly JudgedFigure[]) =>
    of.length === 0 ? 0 : some.length / of.length;
  const near = share(
    predicted.filter(({ ratio }) => (ratio as number) >= NEAR.least && (ratio as number) <= NEAR.most),
    predicted,
  );
  const inRange = repeated.length === 0 ? undefined : share(repeated.filter(isInRange), repeated);
  const isCentred = medianError <= MEDIAN_ERROR || (inRange !== undefined && inRange > 1 / 2);
  const notPredicted = figures.length - predicted.length;
  return {
    case: first.case,
    family: first.family,
    figures: figures.length,
    notPredicted,
    medianError,
    near,
    inRange,
    holds: notPredicted === 0 && isCentred && near >= NEAR_SHARE,
  };
}

function isInRange({ predicted, least, most }: JudgedFigure): boolean {
  return (predicted as number) >= (least as number) && (predicted as number) <= (most as number);
}

/** The median; NaN of nothing. */
export function median(values: readonly number[]): number {
  if (values.length === 0) return Number.NaN;
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] as number;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] as number) + upper) / 2;
}
