/** Who holds room of a scheduler's jobs, task by task, however they came by it: by decisions, or because they were there before the run. */
import type { Cell } from '../cell.ts';
import type { Job, Task } from '../job.ts';

/** Calls `count` with 1 for each task of a scheduler that takes room, and with -1 for each that leaves it; before the scheduler itself is told. */
export function countTasks(cell: Cell, scheduler: string, count: (job: Job, sign: 1 | -1) => void): void {
  const listen =
    (sign: 1 | -1) =>
    ({ job }: Task): void => {
      if (job.specification.scheduler === scheduler) count(job, sign);
    };
  cell.listen({ taskHeld: listen(1), taskEnded: listen(-1), taskReturned: listen(-1), taskGivenBack: listen(-1) });
}
