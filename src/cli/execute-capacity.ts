/** Searching from the command line: progress, limits, files, the answer on stdout, the exit code. */
import {
  assumptionsInPlay,
  buildManifest,
  type Capacity,
  type CapacityRequest,
  capacityCsv,
  capacityJson,
  capacityLines,
  capacitySections,
  capacityVerdict,
  findCapacities,
  frontierTable,
  isPast,
  type Manifest,
  mostJobs,
  PlimsollError,
  parameterRegistry,
  type ResolvedScenario,
  type RunFacts,
  resultFiles,
  runsOfCapacities,
  type SearchState,
} from '../index.ts';
import type { ExecutionOptions } from './commands/execution-options.ts';
import { EXIT_FAILED, EXIT_HELD, EXIT_INTERRUPTED, EXIT_STOPPED, EXIT_USAGE, factsOf, showsColour } from './execute.ts';
import { type Ending, type Execution, openExecution, type Work } from './execution.ts';
import { pageAssets } from './program-facts.ts';
import {
  discardResultsDirectory,
  prepareResultsDirectory,
  type ResultsDirectory,
  writeResults,
} from './results-directory.ts';
import { SearchProgress } from './search-progress.ts';

/** Searches, writes the files, prints the answer; resolves to the exit code. */
export async function executeCapacity(
  requests: readonly CapacityRequest[],
  options: ExecutionOptions,
): Promise<number> {
  const startedAt = new Date();
  const [first] = requests;
  if (first === undefined) return EXIT_HELD;
  const scenario = first.scenarioAt(first.axis.low);
  const directory = prepareResultsDirectory(options.out, scenario.name, startedAt, options.seed);
  let progress: SearchProgress | undefined;
  const showProgress: Work['showProgress'] = (target, control) => {
    progress = new SearchProgress(target, control, requests);
    return progress;
  };
  const execution = await openExecution(directory, { jobs: mostJobs(requests), points: [], showProgress }, options);
  let ending: Ending = 'broken off';
  try {
    const started = performance.now();
    const capacities = await search(requests, execution, options, (state) => progress?.tell(state));
    const { stopReason } = execution.control;
    const facts = factsOf(startedAt, (performance.now() - started) / 1000, options);
    const judged = runsOfCapacities(capacities);
    const runs = judged.map(({ run }) => run);
    const manifest = buildManifest(runs, facts, assumptionsInPlay(scenario, parameterRegistry), stopReason);
    const further = {
      files: [{ name: 'capacity.csv', pieces: [capacityCsv(scenario.name, capacities)] }],
      sections: capacitySections(capacities, parameterRegistry),
    };
    writeResults(directory, resultFiles(judged, manifest, parameterRegistry, pageAssets(), undefined, further));
    if (stopReason === undefined) ending = 'complete';
    process.stdout.write(present(capacities, scenario, manifest, facts, directory, options));
    if (stopReason !== undefined) return stopReason === 'interrupted' ? EXIT_INTERRUPTED : EXIT_STOPPED;
    return capacities.every(isGood) ? EXIT_HELD : EXIT_FAILED;
  } catch (error) {
    if (error instanceof PlimsollError && error.exitCode === EXIT_USAGE) ending = 'refused';
    throw error;
  } finally {
    execution.conclude(ending);
    discardResultsDirectory(directory);
  }
}

async function search(
  requests: readonly CapacityRequest[],
  { executor, close }: Execution,
  { workers }: ExecutionOptions,
  onRound: (state: SearchState) => void,
): Promise<Capacity[]> {
  try {
    return await findCapacities(requests, { executor, workers, onRound });
  } finally {
    await close();
  }
}

/** An answer that nobody needs to act on: there is a limit, and the scenario's own value is not past it. */
function isGood({ request, first }: Capacity): boolean {
  const { ending } = first.search;
  if (ending === 'holds nowhere' || ending === 'not monotone' || ending === 'stopped') return false;
  return !isPast(request.own, first.search);
}

function present(
  capacities: readonly Capacity[],
  { name, question }: ResolvedScenario,
  manifest: Manifest,
  facts: RunFacts,
  directory: ResultsDirectory,
  { format }: ExecutionOptions,
): string {
  if (format === 'json') return capacityJson(capacities, manifest);
  if (format === 'csv') return capacityCsv(name, capacities);
  const [first, ...others] = capacities;
  if (first === undefined) return '';
  const { axis } = first.request;
  const end = [
    `speed       ${manifest.runs.reduce((sum, { replications }) => sum + replications.length, 0)} replications in ${facts.wallSeconds.toFixed(0)} s`,
    `written     ${directory.path}`,
  ];
  const head = [
    `${name}: ${axis.path} from ${axis.low}${axis.unit} to ${axis.high}${axis.unit}, seed ${manifest.seed}`,
    ...(question === '' ? [] : [question]),
    '',
  ];
  if (others.length > 0) return [...head, `${frontierTable(capacities)}${end.join('\n')}`, ''].join('\n');
  const verdict = `verdict     ${paint(capacityVerdict(first), isGood(first))}`;
  return [...head, ...capacityLines(first, parameterRegistry), ...end, verdict, ''].join('\n');
}

function paint(text: string, good: boolean): string {
  return showsColour() ? `\u001b[${good ? 32 : 31}m${text}\u001b[39m` : text;
}
