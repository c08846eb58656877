/**
 * Cell compaction: the fewest nodes that hold a workload (Verma et al., Evaluating job packing in warehouse-scale computing, CLUSTER 2014; Borg, EuroSys
 * 2015, section 5.1). Nodes are taken away in a random order until the workload, placed from scratch, no longer fits; how many are left is found by halving,
 * which takes it that more nodes never hold less. Several trials with other orders; no time passes.
 */
import { type RandomStream, shuffled } from '../../engine/index.ts';
import type { HistogramSeries } from '../../metrics/index.ts';
import { NO_DEVICES } from '../kube-scheduler/gpu-columns.ts';
import type { NodeColumns } from '../kube-scheduler/node-columns.ts';
import type { PodRequirements } from '../kube-scheduler/pod-requirements.ts';
import type { Cell } from './cell.ts';
import type { NodeChooser } from './node-chooser.ts';
import { countPlacement } from './placing.ts';

/** Tasks that are alike. */
export interface CompactedJob {
  readonly requirements: PodRequirements;
  readonly tasks: number;
}

/** What compacting takes. */
export interface CompactionOptions {
  readonly cell: Cell;
  /** A chooser over columns of their own. */
  readonly chooser: (nodes: NodeColumns) => NodeChooser;
  /** Orders of nodes and jobs. */
  readonly random: RandomStream;
  /** Nodes that are left, an observation a trial. */
  readonly nodesLeft: HistogramSeries;
}

/** Does so many trials; returns in how many of them the workload does not even fit on all nodes. */
export function compact(jobs: readonly CompactedJob[], trials: number, options: CompactionOptions): number {
  let misfits = 0;
  for (let trial = 0; trial < trials; trial++) {
    const left = fewestNodes(jobs, options);
    if (left === undefined) misfits++;
    else options.nodesLeft.record(left);
  }
  return misfits;
}

/** Nodes that are left in one trial; undefined if all are too few. */
function fewestNodes(jobs: readonly CompactedJob[], options: CompactionOptions): number | undefined {
  const { cell, random } = options;
  const { order } = cell.nodes;
  const removal = shuffled([...order.slots().subarray(0, order.count)], random);
  const workload = shuffled(jobs, random);
  if (!holds(workload, removal, options)) return undefined;
  let tooFew = 0;
  let enough = removal.length;
  while (enough - tooFew > 1) {
    const middle = Math.floor((tooFew + enough) / 2);
    if (holds(workload, removal.slice(0, middle), options)) enough = middle;
    else tooFew = middle;
  }
  return enough;
}

/** Whether a workload fits on these nodes, placed from scratch in its order. */
function holds(
  workload: readonly CompactedJob[],
  slots: readonly number[],
  { cell, chooser }: CompactionOptions,
): boolean {
  const columns = cell.register.newColumns(cell.extended);
  // Listed as in the cell, whatever the order in which they would be taken away.
  for (const slot of [...slots].sort((a, b) => a - b)) cell.register.show(slot, columns);
  const choice = chooser(columns);
  for (const { requirements, tasks } of workload) {
    for (let task = 0; task < tasks; task++) {
      const node = choice.choose(requirements);
      if (node < 0) return false;
      const { gpu } = requirements;
      const chosen = choice.decision.devices;
      const devices = gpu === undefined || chosen !== NO_DEVICES ? chosen : columns.gpus.tightest(node, gpu);
      countPlacement(columns, node, requirements, devices, 1);
    }
  }
  return true;
}
