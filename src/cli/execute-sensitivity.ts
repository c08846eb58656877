/** Examining sensitivity from the command line: the scenario itself first, then all points, the ranking on stdout. */
import {
  assumptionsInPlay,
  buildManifest,
  type Examined,
  examineSensitivity,
  judge,
  mostSensitivityJobs,
  PlimsollError,
  parameterRegistry,
  type ResolvedScenario,
  resultFiles,
  runPoints,
  type SensitivityRequest,
  sensitivityCsv,
  sensitivitySections,
  sensitivityTable,
} from '../index.ts';
import type { ExecutionOptions } from './commands/execution-options.ts';
import { EXIT_HELD, EXIT_INTERRUPTED, EXIT_STOPPED, EXIT_USAGE, factsOf } from './execute.ts';
import { type Ending, openExecution } from './execution.ts';
import { pageAssets } from './program-facts.ts';
import { discardResultsDirectory, prepareResultsDirectory, writeResults } from './results-directory.ts';

/** Examines, writes the files, prints the ranking; resolves to the exit code. */
export async function executeSensitivity(
  scenario: ResolvedScenario,
  request: SensitivityRequest,
  examined: Examined,
  options: ExecutionOptions,
): Promise<number> {
  const startedAt = new Date();
  const directory = prepareResultsDirectory(options.out, scenario.name, startedAt, options.seed);
  const jobs = mostSensitivityJobs(request, scenario.replications);
  const single = { scenario: { ...scenario, replications: 1 }, variant: '' };
  const execution = await openExecution(directory, { jobs, points: Array(jobs).fill(single) }, options);
  let ending: Ending = 'broken off';
  try {
    const started = performance.now();
    const [run] = await runPoints([{ scenario, variant: '' }], { seed: options.seed, executor: execution.executor });
    if (run === undefined) return EXIT_STOPPED;
    const sensitivity = await examineSensitivity(request, execution.executor, run.replications);
    await execution.close();
    const { stopReason } = execution.control;
    const facts = factsOf(startedAt, (performance.now() - started) / 1000, options);
    const manifest = buildManifest([run], facts, assumptionsInPlay(scenario, parameterRegistry), stopReason);
    const csv = sensitivityCsv(scenario.name, sensitivity);
    const further = {
      files: [{ name: 'sensitivity.csv', pieces: [csv] }],
      sections: sensitivitySections(sensitivity, examined),
    };
    const judged = [{ run, verdict: judge(run) }];
    writeResults(directory, resultFiles(judged, manifest, parameterRegistry, pageAssets(), undefined, further));
    if (stopReason === undefined) ending = 'complete';
    const { seed } = manifest;
    process.stdout.write(
      options.format === 'table'
        ? `${scenario.name}: seed ${seed}, ${request.factors.length} parameters\n${sensitivityTable(sensitivity, examined)}written     ${directory.path}\n`
        : options.format === 'csv'
          ? csv
          : `${JSON.stringify({ measured: examined.name, unit: examined.unit, ...sensitivity, manifest }, null, 2)}\n`,
    );
    if (stopReason === undefined) return EXIT_HELD;
    return stopReason === 'interrupted' ? EXIT_INTERRUPTED : EXIT_STOPPED;
  } catch (error) {
    await execution.close();
    if (error instanceof PlimsollError && error.exitCode === EXIT_USAGE) ending = 'refused';
    throw error;
  } finally {
    execution.conclude(ending);
    discardResultsDirectory(directory);
  }
}
