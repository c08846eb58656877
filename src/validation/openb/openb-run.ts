/** One run of the experiment, as a scenario in a scheduling cell. */
import { CellReplication } from '../../experiment/cell-replication.ts';
import { type Files, loadScenario } from '../../scenario/index.ts';
import { LAST_ARRIVED, type OpenbSeries } from './openb-data.ts';
import type { OpenbPolicy } from './openb-policies.ts';

/** What a run takes: texts, so that it crosses to a worker. */
export interface OpenbTask {
  readonly openb: {
    readonly nodes: string;
    readonly pods: string;
    readonly order: string;
    readonly policy: OpenbPolicy;
    /** Seed of draws that the arrival order does not fix. */
    readonly seed: string;
  };
}

/** What comes of it. */
export interface OpenbOutcome {
  /** Values [%] at 0, 1, 2, … percent arrived; NaN = no such point. */
  readonly series: Readonly<Record<OpenbSeries, readonly number[]>>;
  /** Where each pod went, "node gpus", or "" for nowhere, in the order of arrival. */
  readonly placements: readonly string[];
  /** Wall time of the run alone [s]. */
  readonly seconds: number;
}

/** Metrics that have the series. */
const METRICS: Readonly<Record<OpenbSeries, string>> = {
  allocation: 'plimsoll_cell_inflation_allocation_ratio',
  'fragmentation ratio': 'plimsoll_cell_inflation_fragmentation_ratio',
  'fragmented share': 'plimsoll_cell_inflation_fragmented_share',
};
const PERCENT = 100;
const MILLISECONDS_PER_SECOND = 1000;

/** Does a run. */
export function runOpenb({ openb }: OpenbTask): OpenbOutcome {
  const texts: Readonly<Record<string, string>> = {
    'openb.yaml': scenarioOf(openb.policy),
    'nodes.csv': openb.nodes,
    'pods.csv': openb.pods,
    'order.json': openb.order,
  };
  const files: Files = { readText: (path) => texts[path] as string, resolve: (_, relative) => relative };
  const replication = new CellReplication(loadScenario(files, 'openb.yaml'), { seed: openb.seed, replication: 1 });
  const placements = recordPlacements(replication);
  const began = performance.now();
  const { metrics } = replication.run();
  const seconds = (performance.now() - began) / MILLISECONDS_PER_SECOND;
  const valuesOf = (metric: string) =>
    Array.from({ length: LAST_ARRIVED + 1 }, (_, arrived) => {
      const labels = `arrived=${arrived};resource=gpu`;
      const series = metrics.series.find((one) => one.metric === metric && one.labels === labels);
      return (series?.statistics.final ?? Number.NaN) * PERCENT;
    });
  const series = Object.entries(METRICS).map(([name, metric]) => [name, valuesOf(metric)]);
  return { series: Object.fromEntries(series) as OpenbOutcome['series'], placements, seconds };
}

/** The experiment: pods come one after the other, are placed or rejected at once, and never leave. */
function scenarioOf({ algorithm, settings }: OpenbPolicy): string {
  const all = { ...settings, whenFull: 'reject', decisionTimePerJob: '0s', decisionTimePerTask: '0s' };
  const spec = {
    model: 'schedulingCell',
    until: '1h',
    schedulers: [{ name: 'scheduler', algorithm, settings: all }],
    operations: [
      {
        createNodes: {
          from: 'nodes.csv',
          allocatable: { pods: 1001 },
          ranks: { files: ['order.json'] },
          preload: true,
        },
      },
      {
        submitJobs: {
          name: 'pods',
          from: 'pods.csv',
          order: { files: ['order.json'] },
          inflate: { resource: 'gpu', to: '130%' },
        },
      },
    ],
  };
  // JSON is YAML.
  return JSON.stringify({ apiVersion: 'plimsoll.dev/v1', kind: 'Scenario', metadata: { name: 'openb' }, spec });
}

function recordPlacements({ world: { cell } }: CellReplication): string[] {
  const placements: string[] = [];
  cell.listen({
    taskStarted: ({ node, devices }) => {
      placements.push(`${cell.nodes.nameOf(node)} ${numbersOf(devices).join('-')}`.trim());
    },
    tasksGivenUp: () => {
      placements.push('');
    },
  });
  return placements;
}

/** Numbers of the bits that are set. */
function numbersOf(devices: number): number[] {
  const numbers: number[] = [];
  for (let rest = devices, device = 0; rest !== 0; rest >>>= 1, device++) if ((rest & 1) === 1) numbers.push(device);
  return numbers;
}
