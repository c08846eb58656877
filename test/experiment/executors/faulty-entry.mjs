/**
 * A worker entry in which threads die, hang or hold memory, as the name of the job's scenario says; other jobs, and second attempts at
 * what goes wrong once, run as they should.
 */
import { RunControl } from '../../../dist/experiment/run-control.js';

const faults = {
  dies: () => process.exit(7),
  'dies once': (isFirst) => isFirst && process.exit(7),
  hangs: () => sleepWhile(() => true),
  'hangs once': (isFirst) => isFirst && sleepWhile(() => true),
  'fills the heap': () => {
    const held = [];
    for (;;) held.push(Array.from({ length: 10_000 }, (_, i) => ({ i })));
  },
  // Until a test gives up the last place of the control.
  'is large': (_isFirst, control, index) => {
    control.report(index, { virtualTime: 0, events: 0 }, 600 * 2 ** 20);
    sleepWhile(() => !control.isGivenUp(control.jobs - 1));
  },
};

export async function run(task) {
  const control = new RunControl(task.controlMemory);
  const { scenario, index } = task.job;
  const isFirst = control.ticksOf(index) === 0;
  control.report(index, { virtualTime: 0, events: 0 });
  faults[scenario.name]?.(isFirst, control, index);
  const { run: runReally } = await import('../../../dist/experiment/worker-entry.js');
  return runReally(task);
}

/** Keeps the thread busy with nothing, so that it answers nobody. */
function sleepWhile(condition) {
  const word = new Int32Array(new SharedArrayBuffer(4));
  while (condition()) Atomics.wait(word, 0, 0, 20);
}
