/** Parameters of the key space: compaction and watches. */
import { count, defineParameters, duration, measured, sourceCode } from '../../../engine/index.ts';
import { milliseconds, nanoseconds, seconds } from '../../../units/index.ts';

export const mvccParameters = defineParameters({
  compactionBatchLimit: count({
    default: 1000,
    unit: 'revision',
    range: [1, 1e9],
    help: 'Revisions that a compaction looks at in one batch.',
    source: sourceCode('E:server/storage/mvcc/kvstore.go:defaultCompactionBatchLimit'),
  }),
  compactionSleep: duration({
    default: milliseconds(10),
    range: [nanoseconds(0), seconds(10)],
    help: 'Pause of a compaction after each batch.',
    source: sourceCode('E:server/storage/mvcc/kvstore.go:minimumBatchInterval'),
  }),
  compactionPerKey: duration({
    default: nanoseconds(200),
    range: [nanoseconds(0), seconds(1)],
    help: 'Pause of the apply loop for each key of the index, when a compaction begins.',
    source: measured(
      'etcd/db_lifecycle.csv',
      'compact_s 1.256 with 120,000 keys: 119 pauses of 10 ms and 0.55 us a key',
    ),
  }),
  compactionPerRevision: duration({
    default: nanoseconds(300),
    range: [nanoseconds(0), seconds(1)],
    help: 'Time under the batch lock for each revision that a compaction looks at.',
    source: measured('etcd/db_lifecycle.csv', 'see compactionPerKey'),
  }),
  watchSyncInterval: duration({
    default: milliseconds(100),
    range: [milliseconds(1), seconds(10)],
    help: 'Period in which watchers whose start lies in the past are served.',
    source: sourceCode('E:server/storage/mvcc/watchable_store.go:watchResyncPeriod'),
  }),
  watchBatchRevisions: count({
    default: 1000,
    unit: 'revision',
    range: [1, 1e9],
    help: 'Distinct revisions that a watcher gets in one round.',
    source: sourceCode('E:server/storage/mvcc/watcher_group.go:watchBatchMaxRevs'),
  }),
  watchChannel: count({
    default: 128,
    unit: 'response',
    range: [1, 1e6],
    help: 'Responses that wait for one stream of watches before its watchers become victims.',
    source: sourceCode('E:server/storage/mvcc/watchable_store.go:chanBufLen'),
  }),
  watchVictimInterval: duration({
    default: milliseconds(10),
    range: [milliseconds(1), seconds(10)],
    help: 'Period in which victims are tried again.',
    source: sourceCode('E:server/storage/mvcc/watchable_store.go:syncVictimsLoop'),
  }),
  watchEventTime: duration({
    default: nanoseconds(5_400),
    range: [nanoseconds(0), seconds(1)],
    help: 'CPU of sending one event on one watch; a host that is busy sends that much slower.',
    source: measured('etcd/watch_fanout.csv', '0.56 cores for 102,000 events a second to 1,000 watchers'),
  }),
  watchProgressInterval: duration({
    default: seconds(5),
    range: [milliseconds(100), seconds(3600)],
    help: 'Period of progress notifications to watchers that got nothing (--experimental-watch-progress-notify-interval).',
    source: sourceCode('kubeadm: cmd/kubeadm/app/phases/etcd/local.go', 'kubeadm sets 5 s; etcd itself has 10 min'),
  }),
});
