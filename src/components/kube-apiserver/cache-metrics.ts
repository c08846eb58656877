/** What watch caches export, under the real names; sampled, so that no change pays for it. All API servers share the counters. */
import type { ApiServerSurroundings } from './surroundings.ts';
import type { WatchCache } from './watch-cache.ts';

/** Publishes the caches of one server; `counts`: objects of each resource when they were last counted. */
export function publishCaches(
  around: ApiServerSurroundings,
  caches: readonly WatchCache[],
  counts: readonly (number | undefined)[],
): void {
  const { recorder, tables } = around;
  for (const { kind, log } of caches) {
    const labels = { resource: tables.resourceName(kind) };
    const terminated = recorder.counter('apiserver_terminated_watchers_total', labels);
    const dispatched = recorder.counter('apiserver_watch_cache_events_dispatched_total', labels);
    const capacity = recorder.gauge('apiserver_watch_cache_capacity', labels);
    const increases = recorder.counter('apiserver_watch_cache_capacity_increase_total', labels);
    const decreases = recorder.counter('apiserver_watch_cache_capacity_decrease_total', labels);
    const objects = recorder.gauge('apiserver_storage_objects', labels);
    const ring = log.history;
    let seen = { end: 0, increases: 0, decreases: 0 };
    recorder.onSample(() => {
      terminated.add(log.takeTerminated());
      dispatched.add(ring.end - seen.end);
      increases.add(ring.increases - seen.increases);
      decreases.add(ring.decreases - seen.decreases);
      capacity.set(ring.capacity);
      objects.set(counts[kind] ?? 0);
      seen = { end: ring.end, increases: ring.increases, decreases: ring.decreases };
    });
  }
}
