/** The operations of a scenario in a scheduling cell, in their order. */
import { type Process, shuffled } from '../../engine/index.ts';
import { ofReplication } from '../arrival-order.ts';
import { type NewNode, nodesOf } from '../execution/create-nodes.ts';
import { pauseBefore } from '../execution/pacing.ts';
import type { CreateNodes, Operation } from '../operations/index.ts';
import { awaitCellBarrier } from './await-cell-barrier.ts';
import type { CellExecution } from './cell-execution.ts';
import { compactCell } from './compact-cell.ts';
import { preloadJobs, submitJobs } from './submit-jobs.ts';

/** Everything that is there when the run begins: nodes first, wherever they stand in the file. */
export function preloadCell(execution: CellExecution, operations: readonly Operation[]): void {
  for (const operation of operations) {
    if (operation.kind !== 'createNodes' || !operation.preload) continue;
    addAll(execution, operation);
  }
  for (const operation of operations) {
    if (operation.kind === 'submitJobs' && operation.preload) preloadJobs(execution, operation);
  }
}

/** The process that carries out the rest; `done` is called when everything is over. */
export function* runCellOperations(
  execution: CellExecution,
  operations: readonly Operation[],
  done: () => void,
): Process {
  let open = 1;
  const close = () => {
    open--;
    if (open === 0) done();
  };
  for (const operation of operations) {
    if ('preload' in operation && operation.preload) continue;
    if (operation.kind === 'barrier') {
      if (yield* awaitCellBarrier(execution, operation)) continue;
      done();
      return;
    }
    const at = 'at' in operation ? operation.at : undefined;
    if (at === undefined && !goesOnBeside(operation)) {
      yield* carryOut(execution, operation);
      continue;
    }
    open++;
    const delay = Math.max(0, (at ?? execution.simulation.now) - execution.simulation.now);
    execution.spawn(`scenario ${operation.kind}`, beside(execution, operation, delay, close));
  }
  close();
}

/** Jobs that come for a time, or as a trace has them, come beside what follows. */
function goesOnBeside(operation: Operation): boolean {
  return operation.kind === 'submitJobs' && (operation.for !== undefined || operation.order === 'traced');
}

function* beside(execution: CellExecution, operation: Operation, delay: number, end: () => void): Process {
  if (delay > 0) yield delay;
  yield* carryOut(execution, operation);
  end();
}

function* carryOut(execution: CellExecution, operation: Operation): Generator<number, void, number> {
  if ('measure' in operation && operation.measure) execution.measured();
  switch (operation.kind) {
    case 'createNodes':
      yield* createNodes(execution, operation);
      break;
    case 'submitJobs':
      yield* submitJobs(execution, operation);
      break;
    case 'compact':
      compactCell(execution, operation);
      break;
    case 'sleep':
      yield operation.duration;
      break;
    default:
      throw new RangeError(`${operation.kind} is no operation of a scheduling cell`);
  }
}

function* createNodes(execution: CellExecution, operation: CreateNodes): Generator<number, void, number> {
  if (operation.arrivals.kind === 'at-once') {
    addAll(execution, operation);
    return;
  }
  const { nodes, ranks } = nodesToAdd(execution, operation);
  for (const [index, node] of nodes.entries()) {
    const pause = index === 0 ? 0 : pauseBefore(execution, operation.arrivals, index, nodes.length);
    if (pause > 0) yield pause;
    addNode(execution, node, ranks.get(node.name));
  }
}

function addAll(execution: CellExecution, operation: CreateNodes): void {
  const { nodes, ranks } = nodesToAdd(execution, operation);
  for (const node of nodes) addNode(execution, node, ranks.get(node.name));
}

/** The nodes of an operation, and the place of each in the fixed order, by name. */
function nodesToAdd(
  execution: CellExecution,
  operation: CreateNodes,
): { nodes: readonly NewNode[]; ranks: Map<string, number> } {
  const nodes = [...nodesOf(operation, nodesBefore(execution, operation.namePrefix))];
  const ranks = new Map<string, number>();
  const names = nodes.map(({ name }) => name).sort();
  if (operation.givenRanks.length > 0) {
    const places = ofReplication(operation.givenRanks, execution.simulation.replication);
    for (const [index, name] of names.entries()) ranks.set(name, places[index] ?? index);
  } else if (operation.ranks === 'random') {
    const random = execution.simulation.streams.stream('scenario.nodeRanks');
    for (const [place, name] of shuffled(names, random).entries()) ranks.set(name, place);
  } else {
    for (const { name, rank } of nodes) if (rank !== undefined) ranks.set(name, rank);
  }
  return { nodes, ranks };
}

function addNode({ world: { cell } }: CellExecution, { name, specification }: NewNode, rank: number | undefined): void {
  const slot = cell.setNode(name, specification);
  if (rank !== undefined) cell.register.setRank(slot, rank);
}

/** Numbers of nodes with a prefix that exist, so that a second operation goes on counting. */
function nodesBefore({ world }: CellExecution, prefix: string): number {
  let count = 0;
  while (world.cell.register.keys.find('', `${prefix}-${count}`) >= 0) count++;
  return count;
}
