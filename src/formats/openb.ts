/**
 * The GPU cluster traces of Alibaba (alibaba/clusterdata cluster-trace-gpu-v2023) and the packing experiment of the FGD study on them (Weng et al.,
 * USENIX ATC 2023): pods come one after the other until they ask for 130 % of the GPUs, are placed or rejected at once, and never leave.
 *
 * The scenario names the CSV files as they are. Arrival orders beside them (arrival-orders/<trace>-<seed>.json) are taken, one a replication, with the
 * ranks of nodes by which the study breaks ties; without them both are drawn anew in each replication.
 */
import { PlimsollError } from '../errors/index.ts';
import type { Imported, ImportFormat, ImportRequest } from './import-format.ts';
import { scenarioText } from './scenario-text.ts';

/** What is imported where nobody says which trace. */
const USUAL_TRACE = 'default';
/** Replications without arrival orders, and the study's target. */
const REPLICATIONS = 10;
const TARGET = '130%';
/** Pods that a node of the study takes: more than ever come. */
const PODS_PER_NODE = 1001;

/** Policies and ways to break ties: the table of what ties alone do. */
const SCHEDULER = 'scheduler';
const variants: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'fgd-rank': scored('fgd', 'rank'),
  'fgd-random': scored('fgd', 'random'),
  'fgd-uncut-rank': { ...scored('fgd', 'rank'), [setting('quantise')]: 'none' },
  'fgd-uncut-random': { ...scored('fgd', 'random'), [setting('quantise')]: 'none' },
  'first-fit-rank': { [algorithmPath()]: 'first-fit', [setting('order')]: 'rank' },
  'random-fit': { [algorithmPath()]: 'random-fit' },
  'best-fit-rank': scored('best-fit', 'rank'),
  'best-fit-random': scored('best-fit', 'random'),
  'gpu-packing-rank': scored('gpu-packing', 'rank'),
  'gpu-packing-random': scored('gpu-packing', 'random'),
  'gpu-clustering-rank': scored('gpu-clustering', 'rank'),
  'gpu-clustering-random': scored('gpu-clustering', 'random'),
  'dot-product-rank': scored('dot-product-minimum', 'rank'),
  'dot-product-random': scored('dot-product-minimum', 'random'),
};

function algorithmPath(): string {
  return 'spec.schedulers[0].algorithm';
}

function setting(name: string): string {
  return `schedulers.${SCHEDULER}.settings.${name}`;
}

function scored(algorithm: string, tieBreak: string): Readonly<Record<string, string>> {
  return { [algorithmPath()]: algorithm, [setting('tieBreak')]: tieBreak };
}

export const openb: ImportFormat = {
  help: 'a GPU cluster of Alibaba, and the packing experiment of the FGD study on it; --workload chooses a trace',
  input: 'a folder with csv/openb_node_list_….csv and csv/openb_pod_list_<trace>.csv, or one such pod list',
  read: importOpenb,
};

function importOpenb(request: ImportRequest): Imported {
  const { files, input, workload, pathFromScenario } = request;
  const isTable = input.endsWith('.csv');
  const pods = isTable ? input : files.resolve(`${input}/csv`, `csv/openb_pod_list_${workload ?? USUAL_TRACE}.csv`);
  const trace = /openb_pod_list_(\w+)\.csv$/.exec(pods)?.[1] ?? USUAL_TRACE;
  const nodes = siblings(request, pods).find((path) => /node_list\w*\.csv$/.test(path));
  readable(request, pods);
  if (nodes === undefined) {
    throw new PlimsollError('P201', {
      message: `there is no list of nodes beside ${pods}`,
      expected: 'a file named …node_list….csv',
      fix: 'put it into the same folder',
    });
  }
  const orders = siblings(request, files.resolve(pods, '../arrival-orders/any.json'))
    .filter((path) => new RegExp(`[\\\\/]${trace}-\\d+\\.json$`).test(path))
    .map(pathFromScenario);
  const given = orders.length > 0 ? { files: orders } : undefined;
  const spec = {
    model: 'schedulingCell',
    replications: given === undefined ? REPLICATIONS : orders.length,
    until: '1h',
    schedulers: [
      {
        name: SCHEDULER,
        algorithm: 'fgd',
        settings: { whenFull: 'reject', decisionTimePerJob: '0s', decisionTimePerTask: '0s' },
      },
    ],
    operations: [
      {
        createNodes: {
          from: pathFromScenario(nodes),
          allocatable: { pods: PODS_PER_NODE },
          ranks: given ?? 'random',
          preload: true,
        },
      },
      {
        submitJobs: {
          name: 'pods',
          from: pathFromScenario(pods),
          order: given ?? 'shuffled',
          inflate: { resource: 'gpu', to: TARGET },
          measure: true,
        },
      },
    ],
    experiment: { variants },
  };
  const notes = [
    given === undefined
      ? 'no arrival orders: the order of pods and the ranks of nodes are drawn anew in each replication'
      : `${orders.length} arrival orders, one a replication`,
  ];
  const remarks = [
    'Which part of the GPUs is allocated when 100 % of them are asked for: `plimsoll compare` this file with',
    '`--metric plimsoll_cell_inflation_allocation_ratio{arrived=100}:final` and see what ties alone do.',
  ];
  const question = `How full does each policy pack the GPUs of the ${trace} trace, and what do ties decide?`;
  return { scenario: scenarioText({ name: `openb-${trace}`.replaceAll('_', '-'), question, remarks, spec }), notes };
}

/** Files in the folder of a path; none if it cannot be told. */
function siblings({ files }: ImportRequest, path: string): readonly string[] {
  return files.beside?.(path) ?? [];
}

function readable({ files }: ImportRequest, path: string): void {
  try {
    files.readText(path);
  } catch {
    throw new PlimsollError('P201', {
      message: `${path} cannot be read`,
      expected: 'a list of pods',
      fix: 'name a folder that has csv/openb_pod_list_<trace>.csv, and a trace with --workload',
    });
  }
}
