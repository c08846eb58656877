/** Running points from the command line: files, the verdict on stdout, the exit code. */
import {
  assumptionsInPlay,
  buildManifest,
  compareRuns,
  comparisonCsv,
  comparisonTable,
  explanationText,
  type FurtherResults,
  growthTable,
  type JudgedRun,
  jsonDocument,
  judge,
  type Manifest,
  PlimsollError,
  type Point,
  type PresentedComparison,
  parameterRegistry,
  precisionLines,
  presentComparison,
  type RunFacts,
  resultFiles,
  runPoints,
  runUntilPrecise,
  type ScenarioRun,
  summaryCsv,
  sweepCsv,
  sweepSections,
  sweepTable,
  verdictTable,
} from '../index.ts';
import type { ExecutionOptions } from './commands/execution-options.ts';
import { type Ending, type Execution, openExecution } from './execution.ts';
import { gitCommit, pageAssets, programVersion } from './program-facts.ts';
import { withoutSecrets } from './queue-options.ts';
import {
  discardResultsDirectory,
  prepareResultsDirectory,
  type ResultsDirectory,
  writeResults,
} from './results-directory.ts';

/** Exit codes of a run that began (contract section 2). */
export const EXIT_HELD = 0;
export const EXIT_FAILED = 1;
export const EXIT_USAGE = 2;
export const EXIT_STOPPED = 4;
export const EXIT_INTERRUPTED = 130;

/** Runs the points, writes their files, prints the verdict; resolves to the exit code. */
export async function execute(points: readonly Point[], options: ExecutionOptions): Promise<number> {
  const startedAt = new Date();
  const directory = prepareResultsDirectory(options.out, points[0]?.scenario.name ?? '', startedAt, options.seed);
  const most = points.map((point) => atMost(point, options));
  const jobs = most.reduce((sum, { scenario }) => sum + scenario.replications, 0);
  const execution = await openExecution(directory, { jobs, points: most }, options);
  let ending: Ending = 'broken off';
  try {
    const started = performance.now();
    const runs = await carryOut(points, execution, options);
    const facts = factsOf(startedAt, (performance.now() - started) / 1000, options);
    const judged = runs.map((run) => ({ run, verdict: judge(run) }));
    const isComplete = judged.every(({ verdict }) => verdict.complete);
    const stopReason = isComplete ? undefined : execution.control.stopReason;
    const assumptions = points[0] === undefined ? [] : assumptionsInPlay(points[0].scenario, parameterRegistry);
    const manifest = buildManifest(runs, facts, assumptions, stopReason);
    const { comparison } = options;
    const compared = comparison === undefined ? undefined : presentComparison(runs, compareRuns(runs, comparison));
    const further = options.isSweep ? sweepResults(runs) : undefined;
    writeResults(directory, resultFiles(judged, manifest, parameterRegistry, pageAssets(), compared, further));
    if (isComplete) ending = 'complete';
    process.stdout.write(
      compared === undefined
        ? present(judged, manifest, facts, directory, options)
        : presentCompared(judged, manifest, compared, directory, options),
    );
    return exitCodeOf(judged, stopReason);
  } catch (error) {
    if (error instanceof PlimsollError && error.exitCode === EXIT_USAGE) ending = 'refused';
    throw error;
  } finally {
    execution.conclude(ending);
    discardResultsDirectory(directory);
  }
}

/** A point with as many replications as there can be. */
function atMost(point: Point, { sequential }: ExecutionOptions): Point {
  const { scenario } = point;
  const replications = Math.max(scenario.replications, sequential?.mostReplications ?? 0);
  return { ...point, scenario: { ...scenario, replications } };
}

/** What a sweep adds to the usual files. */
function sweepResults(runs: readonly ScenarioRun[]): FurtherResults {
  return { files: [{ name: 'sweep.csv', pieces: [sweepCsv(runs)] }], sections: sweepSections(runs) };
}

async function carryOut(
  points: readonly Point[],
  { executor, close }: Execution,
  { seed, comparison, explainPod, sequential }: ExecutionOptions,
): Promise<ScenarioRun[]> {
  try {
    const explain = explainPod === undefined ? {} : { explainPod };
    const order = comparison === undefined ? 'by point' : 'by replication';
    const runs =
      sequential === undefined
        ? await runPoints(points, { seed, executor, order, ...explain })
        : await Promise.all(
            points.map(({ scenario }) => runUntilPrecise(scenario, { seed, executor, ...sequential, ...explain })),
          );
    refuseUnknownPod(runs);
    return runs;
  } finally {
    await close();
  }
}

function present(
  judged: readonly JudgedRun[],
  manifest: Manifest,
  facts: RunFacts,
  directory: ResultsDirectory,
  { format, isSweep, sequential }: ExecutionOptions,
): string {
  if (format === 'json') return jsonDocument(judged, manifest);
  if (format === 'csv') return summaryCsv(judged.map(({ run }) => run));
  const colour = showsColour();
  if (isSweep)
    return `${judged[0]?.run.scenario.name ?? ''}: seed ${manifest.seed}, ${judged.length} points\n${sweepTable(judged, colour)}${growthTable(judged.map(({ run }) => run))}written     ${directory.path}\n`;
  const context = { facts, assumptions: manifest.assumptions.length, directory: directory.path, colour };
  const verdicts = judged
    .map(({ run, verdict }) => {
      const precise = sequential === undefined ? '' : precisionLines(run, verdict, sequential.precision);
      return verdictTable(run, verdict, context) + precise;
    })
    .join('\n');
  return (
    verdicts +
    judged
      .map(({ run }) => explanationText(run))
      .map((text) => (text === '' ? '' : `\n${text}`))
      .join('')
  );
}

/** What a comparison prints: its differences, then whether every variant held. */
function presentCompared(
  judged: readonly JudgedRun[],
  manifest: Manifest,
  compared: PresentedComparison,
  directory: ResultsDirectory,
  { format }: ExecutionOptions,
): string {
  const { comparison, knobs } = compared;
  const name = judged[0]?.run.scenario.name ?? '';
  if (format === 'json') return jsonDocument(judged, manifest, compared);
  if (format === 'csv') return comparisonCsv(name, comparison);
  const colour = showsColour();
  const { seed } = manifest;
  return [
    `${name}: seed ${seed}, ${comparison.variants.length - 1} variant${comparison.variants.length === 2 ? '' : 's'} beside ${comparison.baseline}`,
    judged[0]?.run.scenario.question ?? '',
    '',
    comparisonTable(comparison, knobs, colour),
    `${sweepTable(judged, colour)}written     ${directory.path}`,
    '',
  ].join('\n');
}

/** A pod that was asked for and is in no replication is a slip of the user's. */
function refuseUnknownPod(runs: readonly ScenarioRun[]): void {
  const explanations = runs.flatMap(({ replications }) => replications.flatMap(({ explanation }) => explanation ?? []));
  const [first] = explanations;
  if (first === undefined || explanations.some(({ exists }) => exists)) return;
  throw new PlimsollError('P103', {
    message: `--explain-pod ${first.pod}: there is no such pod in the run`,
    expected: first.example === undefined ? 'a run that has pods' : `NAMESPACE/NAME of a pod, such as ${first.example}`,
    nearest: first.nearest,
    fix: first.nearest === undefined ? 'run it again with the name of one of its pods' : `write ${first.nearest}`,
  });
}

/** Whether the terminal shows colours, and somebody wants them. */
export function showsColour(): boolean {
  return process.stdout.isTTY === true && (process.env.NO_COLOR ?? '') === '';
}

function exitCodeOf(judged: readonly JudgedRun[], stopReason: Manifest['endReason'] | undefined): number {
  if (stopReason === 'interrupted') return EXIT_INTERRUPTED;
  if (stopReason !== undefined) return EXIT_STOPPED;
  return judged.every(({ verdict }) => verdict.holds) ? EXIT_HELD : EXIT_FAILED;
}

/** What the surroundings of a run that has ended tell. */
export function factsOf(startedAt: Date, wallSeconds: number, { workers }: ExecutionOptions): RunFacts {
  const { user, system } = process.cpuUsage();
  return {
    version: programVersion(),
    gitCommit: gitCommit(),
    nodeVersion: process.version,
    command: withoutSecrets(process.argv.slice(2)),
    startedAt: startedAt.toISOString(),
    wallSeconds,
    cpuSeconds: (user + system) / 1e6,
    // The system counts in KiB.
    peakMemoryBytes: process.resourceUsage().maxRSS * 1024,
    workers,
  };
}
