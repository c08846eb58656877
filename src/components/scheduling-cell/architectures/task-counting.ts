/** Who holds room of a scheduler's jobs, task by task, however they came by it: by decisions, or because they were there before the run. */
import type { Cell } from '../cell.ts';
import { amountsOf, cellResources } from '../cell-totals.ts';
import type { Job, Task } from '../job.ts';
import { QueueTree, type TenantQueue } from '../queue-tree.ts';

/** Calls `count` with 1 for each task of a scheduler that takes room, and with -1 for each that leaves it; before the scheduler itself is told. */
export function countTasks(cell: Cell, scheduler: string, count: (job: Job, sign: 1 | -1) => void): void {
  const listen =
    (sign: 1 | -1) =>
    ({ job }: Task): void => {
      if (job.specification.scheduler === scheduler) count(job, sign);
    };
  cell.listen({ taskHeld: listen(1), taskEnded: listen(-1), taskReturned: listen(-1), taskGivenBack: listen(-1) });
}

/** Keeps what each queue of a tree has: the sum over its tasks with room. Checked against a count anew. */
export function countQueues(cell: Cell, scheduler: string, queues: QueueTree): void {
  const queueOf = (job: Job): TenantQueue => queues.of(job.specification.queue);
  countTasks(cell, scheduler, (job, sign) => queueOf(job).count(amountsOf(job), sign));
  cell.simulation.addInvariantCheck('cell queues', () => {
    const anew = new QueueTree([]);
    for (const task of cell.tasks) {
      if (task?.job.specification.scheduler === scheduler)
        anew.of(task.job.specification.queue).count(amountsOf(task.job), 1);
    }
    for (const { name, used } of queues.leaves) {
      const counted = anew.of(name).used;
      const isSum = cellResources.every((resource) => used[resource] === counted[resource]);
      cell.simulation.invariant(
        isSum,
        'cell queues',
        `queue ${name} of ${scheduler} does not have what its tasks have`,
      );
    }
  });
}
