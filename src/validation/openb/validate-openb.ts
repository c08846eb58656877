/** All published runs, replayed and compared point by point. */
import { predictInPool } from '../pool.ts';
import {
  NODES_FILE,
  type OpenbFolder,
  type OpenbRun,
  type OpenbSeries,
  openbRuns,
  openbSeries,
  orderFile,
  podsFile,
} from './openb-data.ts';
import { type OpenbPolicy, openbPolicies } from './openb-policies.ts';
import { type OpenbOutcome, type OpenbTask, runOpenb } from './openb-run.ts';

/** Largest deviation of a deterministic policy [percentage point]: the last digit of the published tables. */
const EXACT = 0.011;
/**
 * Largest deviation of the mean curve of a policy that draws nodes at random [percentage point], whatever the number of seeds. The study's own draws cannot be
 * made again, as the order of its list of nodes was a race; so each of its arrival orders is replayed with several draws of ours, twenty runs at least for each
 * trace, that no more than the chance of the published runs is left. Its fragmentation ratio is told and not judged: it divides by what is idle, which is little at the end, so that chance alone moves it by
 * more; the fragmented share says the same in parts of the whole.
 */
const ON_AVERAGE = 0.4;
const RUNS_OF_AVERAGE = 20;
const JUDGED_ON_AVERAGE: readonly OpenbSeries[] = ['allocation', 'fragmented share'];

/** How one policy compares on one trace. */
export interface OpenbComparison {
  readonly policy: string;
  readonly trace: string;
  /** Seeds of the study that were replayed, and how many runs of ours that took. */
  readonly seeds: number;
  readonly replays: number;
  /** Published points compared. */
  readonly points: number;
  /** Largest deviation of each series [percentage point], of each run or of the mean over the seeds. */
  readonly deviation: Readonly<Record<OpenbSeries, number>>;
  readonly tolerance: number;
  /** Placements of pods that were compared with a replay's, and those that differ. */
  readonly placements: number;
  readonly placementsOff: number;
  /** Mean wall time of a run [s]. */
  readonly seconds: number;
  readonly holds: boolean;
}

/** What comes of it. */
export interface OpenbResult {
  readonly comparisons: readonly OpenbComparison[];
  readonly holds: boolean;
}

/** How to run. */
export interface OpenbOptions {
  readonly folder: OpenbFolder;
  /** Threads; 1 = in this one. */
  readonly workers: number;
  /** Which runs; all if left out. */
  readonly select?: (run: Pick<OpenbRun, 'trace' | 'seed' | 'policy'>) => boolean;
  /** Told of each run. */
  readonly onDone?: (done: number, all: number) => void;
}

/** Replays the runs and compares. */
export async function validateOpenb({ folder, workers, select, onDone }: OpenbOptions): Promise<OpenbResult> {
  const runs = openbRuns(folder).filter((run) => select === undefined || select(run));
  const texts = new Map<string, string>();
  const read = (file: string): string => {
    const text = texts.get(file) ?? folder.readText(file);
    texts.set(file, text);
    return text;
  };
  const replays = runs.flatMap((run) => {
    const policy = openbPolicies[run.policy] as OpenbPolicy;
    const alike = runs.filter(({ trace, policy }) => trace === run.trace && policy === run.policy).length;
    const draws = policy.isDeterministic ? 1 : Math.ceil(RUNS_OF_AVERAGE / alike);
    return Array.from({ length: draws }, (_, draw) => ({ run, policy, draw }));
  });
  const tasks = replays.map(
    ({ run: { trace, seed }, policy, draw }): OpenbTask => ({
      openb: {
        nodes: read(NODES_FILE),
        pods: read(podsFile(trace)),
        order: read(orderFile(trace, seed)),
        policy,
        seed: draw === 0 ? seed : `${seed}, draw ${draw + 1}`,
      },
    }),
  );
  let done = 0;
  const told = () => onDone?.(++done, tasks.length);
  const outcomes =
    workers > 1 ? await predictInPool<OpenbTask, OpenbOutcome>(tasks, workers, told) : runHere(tasks, told);
  const pairs = replays.map(({ run }, i) => ({ run, outcome: outcomes[i] as OpenbOutcome }));
  const groups = new Map<string, Replayed[]>();
  for (const pair of pairs) {
    const key = `${pair.run.policy}\n${pair.run.trace}`;
    groups.set(key, [...(groups.get(key) ?? []), pair]);
  }
  const comparisons = [...groups.values()]
    .map(compare)
    .sort((a, b) => (a.policy < b.policy ? -1 : a.policy > b.policy ? 1 : a.trace < b.trace ? -1 : 1));
  return { comparisons, holds: comparisons.every(({ holds }) => holds) };
}

function runHere(tasks: readonly OpenbTask[], told: () => void): OpenbOutcome[] {
  return tasks.map((task) => {
    const outcome = runOpenb(task);
    told();
    return outcome;
  });
}

/** A published run and what the replay gave. */
interface Replayed {
  readonly run: OpenbRun;
  readonly outcome: OpenbOutcome;
}

/** Compares the runs of one policy on one trace. */
function compare(replayed: readonly Replayed[]): OpenbComparison {
  const { policy, trace } = (replayed[0] as Replayed).run;
  const { isDeterministic } = openbPolicies[policy] as OpenbPolicy;
  const names = Object.keys(openbSeries) as OpenbSeries[];
  const deviation = Object.fromEntries(
    names.map((name) => {
      const curves = replayed.map(({ run, outcome }) => ({
        ours: outcome.series[name],
        published: run.published[name],
      }));
      return [name, isDeterministic ? Math.max(...curves.map(furthest)) : furthest(meanOf(curves))];
    }),
  ) as Record<OpenbSeries, number>;
  const compared = replayed.filter(({ run }) => run.placements !== undefined);
  const placementsOff = compared.reduce(
    (sum, { run, outcome }) => sum + differences(run.placements ?? [], outcome.placements),
    0,
  );
  const tolerance = isDeterministic ? EXACT : ON_AVERAGE;
  const seeds = new Set(replayed.map(({ run }) => run)).size;
  const judged = isDeterministic ? names : JUDGED_ON_AVERAGE;
  return {
    policy,
    trace,
    seeds,
    replays: replayed.length,
    points: replayed.reduce(
      (sum, { run }) => sum + names.reduce((points, name) => points + run.published[name].length, 0),
      0,
    ),
    deviation,
    tolerance,
    placements: compared.reduce((sum, { run }) => sum + (run.placements ?? []).length, 0),
    placementsOff,
    seconds: replayed.reduce((sum, { outcome }) => sum + outcome.seconds, 0) / replayed.length,
    holds: placementsOff === 0 && judged.every((name) => deviation[name] <= tolerance),
  };
}

/** Our curve and the published one. */
interface Curves {
  readonly ours: readonly number[];
  readonly published: readonly number[];
}

/** Largest distance of two curves; infinite where one has a point that the other lacks. */
function furthest({ ours, published }: Curves): number {
  return published.reduce((most, value, i) => {
    const distance = Math.abs((ours[i] ?? Number.NaN) - value);
    return Math.max(most, Number.isNaN(distance) ? Number.POSITIVE_INFINITY : distance);
  }, 0);
}

/** The mean curves over seeds. */
function meanOf(curves: readonly Curves[]): Curves {
  const mean = (of: (one: Curves) => readonly number[]) =>
    (curves[0] as Curves).published.map(
      (_, i) => curves.reduce((sum, one) => sum + (of(one)[i] ?? Number.NaN), 0) / curves.length,
    );
  return { ours: mean(({ ours }) => ours), published: mean(({ published }) => published) };
}

function differences(expected: readonly string[], given: readonly string[]): number {
  const longer = Math.max(expected.length, given.length);
  let count = 0;
  for (let i = 0; i < longer; i++) if (expected[i] !== given[i]) count++;
  return count;
}
