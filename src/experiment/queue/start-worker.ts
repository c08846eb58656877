/** Starts a worker of a queue. The library of queues is loaded only then: everything else runs without Node. */
import type { QueueWorker, QueueWorkerOptions } from './queue-worker.ts';

/** Starts a worker; it waits for Redis as long as it takes, as it may have been started first. */
export async function startQueueWorker(options: QueueWorkerOptions): Promise<QueueWorker> {
  const { openQueueWorker } = await import('./queue-worker.ts');
  return await openQueueWorker(options);
}
