/** The files of the study in one folder: traces, arrival orders, published curves, placements of a replay. */
import { csvRows } from '../../manifests/index.ts';
import { openbPolicies } from './openb-policies.ts';

/** The three published series, by the file that has them. */
export const openbSeries = {
  allocation: 'expected/analysis_allo_discrete.csv',
  'fragmentation ratio': 'expected/analysis_frag_ratio_discrete.csv',
  'fragmented share': 'expected/analysis_frag_discrete.csv',
} as const;
/** One of them. */
export type OpenbSeries = keyof typeof openbSeries;

/** Percent that had arrived at the last published point. */
export const LAST_ARRIVED = 130;

/** How files of the folder are reached. */
export interface OpenbFolder {
  /** Text of a file below it. */
  readText(path: string): string;
  /** Names of the files in a folder below it; empty if there is none. */
  list(folder: string): readonly string[];
}

/** A run that was published, and everything that it takes. */
export interface OpenbRun {
  readonly trace: string;
  readonly seed: string;
  readonly policy: string;
  /** Published values [%] at 0, 1, 2, … percent arrived. */
  readonly published: Readonly<Record<OpenbSeries, readonly number[]>>;
  /** Where each pod of the arrival order went in a replay, "node gpus" or "" for nowhere; undefined = not known. */
  readonly placements: readonly string[] | undefined;
}

/** Nodes of the cluster. */
export const NODES_FILE = 'csv/openb_node_list_gpu_node.csv';

/** Pods of a trace. */
export function podsFile(trace: string): string {
  return `csv/openb_pod_list_${trace}.csv`;
}

/** Arrival order of a trace and a seed. */
export function orderFile(trace: string, seed: string): string {
  return `arrival-orders/${trace}-${seed}.json`;
}

/** All published runs for which the folder has the trace and the arrival order. */
export function openbRuns(folder: OpenbFolder): readonly OpenbRun[] {
  const curves = Object.entries(openbSeries).map(
    ([series, file]) => [series, curvesOf(folder.readText(file))] as const,
  );
  const [, allocation] = curves[0] as (typeof curves)[number];
  const orders = new Set(folder.list('arrival-orders'));
  const traces = new Set(folder.list('csv'));
  const replays = new Set(folder.list('placements'));
  return [...allocation.keys()].flatMap((key) => {
    const [workload = '', policy = '', seed = ''] = key.split('\n');
    const trace = workload.replace(/^openb_pod_list_/, '');
    const hasData = traces.has(`${workload}.csv`) && orders.has(`${trace}-${seed}.json`);
    if (!hasData || !Object.hasOwn(openbPolicies, policy)) return [];
    const replay = `${trace}-${seed}-${policy.replace(/^\d+-/, '')}.csv`;
    return [
      {
        trace,
        seed,
        policy,
        published: Object.fromEntries(
          curves.map(([series, of]) => [series, of.get(key) ?? []]),
        ) as OpenbRun['published'],
        placements: replays.has(replay) ? placementsOf(folder.readText(`placements/${replay}`)) : undefined,
      },
    ];
  });
}

/** Curves by trace, policy and seed. */
function curvesOf(text: string): ReadonlyMap<string, readonly number[]> {
  return new Map(
    csvRows(text).map((row) => [
      `${row.workload}\n${row.sc_policy}\n${row.seed}`,
      Array.from({ length: LAST_ARRIVED + 1 }, (_, arrived) => Number(row[String(arrived)])),
    ]),
  );
}

function placementsOf(text: string): readonly string[] {
  return csvRows(text).map(({ node = '', gpus = '' }) => `${node} ${gpus}`.trim());
}
