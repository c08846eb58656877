/** How objects get onto queues. */
import type { VersionHandle, VersionTable } from '../../cluster/index.ts';
import type { SharedInformer } from '../client-go/index.ts';
import type { ControllerQueue } from './controller.ts';

/** Adds every object of a kind that comes, changes or goes to a queue, by its own key or by its owner's. */
export function enqueueEvery(
  informer: SharedInformer,
  table: VersionTable,
  queue: ControllerQueue,
  column: 'key' | 'owner' = 'key',
): void {
  const numbers = table[column];
  const enqueue = (version: VersionHandle) => {
    const number = numbers.get(version);
    if (number >= 0) queue.add(number);
  };
  informer.addHandler({ onAdd: enqueue, onUpdate: enqueue, onDelete: enqueue });
}
