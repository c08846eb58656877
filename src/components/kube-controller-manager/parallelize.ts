/** Work on many items by a few hands. K:client-go/util/workqueue/parallelizer.go (ParallelizeUntil). */
import { type Process, type Simulation, SUSPEND } from '../../engine/index.ts';

/** Works on every item, in order, on at most `hands` at once; yields until all are done. */
export function* parallelize<Item>(
  simulation: Simulation,
  name: string,
  hands: number,
  items: readonly Item[],
  work: (item: Item) => Process,
): Process {
  const parent = simulation.processes.current;
  let next = 0;
  let busy = Math.min(hands, items.length);
  let waits = false;
  function* hand(): Process {
    while (next < items.length) {
      const item = items[next++] as Item;
      yield* work(item);
    }
    busy--;
    if (busy === 0 && waits) simulation.processes.resume(parent, 0);
  }
  for (let i = busy; i > 0; i--) simulation.processes.spawn(name, hand());
  // Hands that never had to wait are done by now.
  if (busy === 0) return;
  waits = true;
  yield SUSPEND;
}
