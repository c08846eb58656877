/** What a member reports of its key space; every member reports the same. */
import type { MetricRecorder } from '../../../metrics/index.ts';
import type { Keyspace } from './keyspace.ts';

/** Publishes the key space, the quota of whose databases is `quota`. */
export function publishKeyspace(recorder: MetricRecorder, keyspace: Keyspace, quota: number): void {
  recorder.gauge('etcd_server_quota_backend_bytes').set(quota);
  const keys = recorder.gauge('etcd_debugging_mvcc_keys_total');
  const index = recorder.gauge('plimsoll_etcd_index_bytes');
  const puts = recorder.counter('etcd_mvcc_put_total');
  const deletions = recorder.counter('etcd_mvcc_delete_total');
  let putsSeen = 0;
  let deletionsSeen = 0;
  recorder.onSample(() => {
    keys.set(keyspace.objectCount);
    index.set(keyspace.indexBytes);
    puts.add(keyspace.puts - putsSeen);
    deletions.add(keyspace.deletions - deletionsSeen);
    putsSeen = keyspace.puts;
    deletionsSeen = keyspace.deletions;
  });
}
