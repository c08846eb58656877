/** Barriers in a scheduling cell: the run waits until tasks are placed, or over, and fails if that takes longer than `within`. */
import { milliseconds, plus, type SimTime } from '../../units/index.ts';
import type { BarrierRecord } from '../execution/execution.ts';
import type { Barrier, BarrierCondition, Operation } from '../operations/index.ts';
import type { CellExecution } from './cell-execution.ts';

/** How often a barrier looks; an observer without cost. */
const POLL = milliseconds(100);

/** What a condition counts. */
interface TaskCount {
  readonly isMet: boolean;
  readonly text: string;
}

/** Waits for a barrier; false if it was not met in time. */
export function* awaitCellBarrier(execution: CellExecution, barrier: Barrier): Generator<number, boolean, number> {
  const { simulation } = execution;
  const began = simulation.now;
  const deadline = barrier.within === undefined ? undefined : plus(began, barrier.within);
  for (;;) {
    const met = countsOf(execution, barrier).every(({ isMet }) => isMet);
    if (met || (deadline !== undefined && simulation.now >= deadline)) {
      execution.waitingFor = undefined;
      execution.barriers.push(recordOf(execution, barrier, began, met));
      return met;
    }
    execution.waitingFor = { barrier, began };
    yield POLL;
  }
}

/** The run has ended: the barrier that it waited for is unmet, and so are those that it never came to. */
export function recordUnmetInCell(execution: CellExecution, operations: readonly Operation[]): void {
  const { waitingFor, simulation } = execution;
  if (waitingFor !== undefined)
    execution.barriers.push(recordOf(execution, waitingFor.barrier, waitingFor.began, false));
  const barriers = operations.filter((operation) => operation.kind === 'barrier');
  const at = simulation.now;
  for (const { description } of barriers.slice(execution.barriers.length))
    execution.barriers.push({ description, met: false, began: at, at, state: 'the run never came to it' });
}

function recordOf(execution: CellExecution, barrier: Barrier, began: SimTime, met: boolean): BarrierRecord {
  const state = countsOf(execution, barrier).map(({ text }) => text);
  return { description: barrier.description, met, began, at: execution.simulation.now, state: state.join(', ') };
}

function countsOf(execution: CellExecution, { conditions }: Barrier): readonly TaskCount[] {
  return conditions.map((condition) => countFor(execution, condition));
}

/** podsScheduled: tasks that run or have run; podsGone: those that are not over. Tasks that were given up are no longer waited for. */
function countFor({ world: { cell } }: CellExecution, { what, target }: BarrierCondition): TaskCount {
  const left = cell.waiting + cell.held + cell.running;
  if (what === 'podsGone') return { isMet: left === 0, text: `${format(left)} tasks left` };
  const placed = cell.running + cell.ended;
  const wanted = target === 'all' ? cell.submittedTasks - cell.rejected - cell.abandoned : target;
  return { isMet: placed >= wanted, text: `${format(placed)} of ${format(wanted)} tasks placed` };
}

function format(count: number): string {
  return count.toLocaleString('en-US');
}
