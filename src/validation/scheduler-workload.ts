/** Workloads of scheduler_perf as they are imported, run once: the throughput that scheduler_perf's own gate is about. */
import { measure } from '../experiment/index.ts';
import { runReplication } from '../experiment/replication.ts';
import { importFormats } from '../formats/index.ts';
import { type Files, loadScenario, type ResolvedScenario } from '../scenario/index.ts';
import { type ParameterValues, replaced } from './case-parameters.ts';
import type { Prediction } from './validation-case.ts';

/** Directory below data/ with the workloads, and the places in it that configurations and their templates have. */
const DIRECTORY = 'scheduler-perf';

/** Seed of the only replication: windows of a second scatter by less than the figures that they are compared with. */
const REPLICATION = { seed: '1-1', replication: 1 } as const;

/** Files as a prediction carries them to another thread: JSON of paths and texts. */
export type CarriedFiles = string;

/** A configuration below the directory ("misc/performance-config.yaml") with every template beside it that it names. */
export function carryFiles(configuration: string, readData: (file: string) => string): CarriedFiles {
  const path = `${DIRECTORY}/${configuration}`;
  const text = readData(path);
  const templates = [...text.matchAll(/[\w./-]+\.yaml/g)].map(([name]) => resolvePath(path, name));
  return JSON.stringify(Object.fromEntries([path, ...new Set(templates)].map((name) => [name, readData(name)])));
}

/** How a workload is run. */
export interface WorkloadOptions {
  readonly profiles: readonly string[];
  /** Params of the workload that have other values here. */
  readonly params: Readonly<Record<string, number>>;
  readonly parameters: ParameterValues;
}

/** Pods bound a second, as scheduler_perf averages them; undefined if no second was over. */
export function throughputOf(carried: CarriedFiles, workload: string, options: WorkloadOptions): number | undefined {
  const scenario = scenarioOf(carried, workload, options);
  const { metrics } = runReplication(scenario, REPLICATION);
  return measure({ metric: 'plimsoll_scheduling_window_pods_per_second', labels: {}, statistic: 'mean' }, metrics);
}

/** A prediction of one figure. */
export function onlyIfKnown(metric: string, value: number | undefined): Prediction {
  return value === undefined ? {} : { [metric]: value };
}

function scenarioOf(carried: CarriedFiles, workload: string, options: WorkloadOptions): ResolvedScenario {
  const texts = JSON.parse(carried) as Record<string, string>;
  const files = filesOf(texts);
  const input = Object.keys(texts)[0] as string;
  const request = { files, input, workload, scenarioName: 'workload', pathFromScenario: (path: string) => path };
  const { scenario } = importFormats['scheduler-perf'].read(request);
  const imported = filesOf({ ...texts, 'workload.yaml': scenario });
  const values = { 'spec.profile': options.profiles, ...options.params };
  const resolved = loadScenario(imported, 'workload.yaml', { values });
  return { ...resolved, parameters: replaced(resolved.parameters, options.parameters) };
}

function filesOf(texts: Readonly<Record<string, string>>): Files {
  return {
    readText: (path) => {
      const text = texts[path];
      if (text === undefined) throw new RangeError(`${path} was not carried along`);
      return text;
    },
    // Paths in a configuration are relative to it; the scenario is written at the root.
    resolve: (from, name) => (from === 'workload.yaml' ? name : resolvePath(from, name)),
  };
}

/** A path as seen from a file: "a/b.yaml" and "../c.yaml" give "c.yaml". */
function resolvePath(from: string, name: string): string {
  const steps = from.split('/').slice(0, -1);
  for (const step of name.split('/')) {
    if (step === '..') steps.pop();
    else if (step !== '.') steps.push(step);
  }
  return steps.join('/');
}
