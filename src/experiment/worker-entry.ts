/** What a worker thread runs: one job at a time. Its result is handed over as bytes, without a copy; errors as plain data. */
import { getHeapStatistics } from 'node:v8';
import { move } from 'piscina';
import { pack } from './executors/packing.ts';
import { failureOf, type WorkerAnswer, type WorkerTask } from './executors/worker-answers.ts';
import { runJob } from './job.ts';
import { RunControl } from './run-control.ts';

/** Called by the pool, by this name, for each job. */
export function run({ job, controlMemory }: WorkerTask): WorkerAnswer {
  try {
    const result = runJob(job, new RunControl(controlMemory), heldBytes);
    // What `move` gives back is the bytes again on the other side.
    return result === undefined ? undefined : (move(pack(result)) as Uint8Array);
  } catch (error) {
    return failureOf(error);
  }
}

/** What this thread holds [B]: its heap, and typed arrays, which lie beside it. */
function heldBytes(): number {
  const { total_heap_size, malloced_memory, external_memory } = getHeapStatistics();
  return total_heap_size + malloced_memory + external_memory;
}
