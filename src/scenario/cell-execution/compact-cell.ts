/** Carries out a compaction: the jobs are made, nothing is submitted. */
import type { CompactedJob } from '../../components/scheduling-cell/index.ts';
import type { Compact } from '../operations/index.ts';
import type { CellExecution } from './cell-execution.ts';
import { JobSource } from './job-source.ts';

/** Finds how few nodes hold the workload. */
export function compactCell(execution: CellExecution, { jobs, trials, scheduler }: Compact): void {
  const workload = jobs.flatMap((operation) => {
    const made: CompactedJob[] = [];
    const source = new JobSource(execution, operation);
    for (let next = source.next(); next !== undefined; next = source.next()) {
      const { requirements, tasks } = next.job;
      made.push({ requirements, tasks });
    }
    return made;
  });
  const name = scheduler ?? execution.firstScheduler;
  const misfits = execution.world.compact(name, workload, trials);
  if (misfits > 0)
    execution.notes.push(`the workload of compact does not fit on all nodes in ${misfits} of ${trials} trials`);
}
