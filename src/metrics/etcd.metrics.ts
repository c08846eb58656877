/** What etcd members export. */
import { exponentialBuckets, type MetricDefinition } from './metric.ts';

/** etcd's own buckets for disk latencies: 1 ms to 8.192 s. */
const DISK_BUCKETS = exponentialBuckets(0.001, 2, 14);

export const etcdMetrics = {
  etcd_disk_wal_fsync_duration_seconds: {
    name: 'etcd_disk_wal_fsync_duration_seconds',
    kind: 'histogram',
    unit: 's',
    labels: [],
    buckets: DISK_BUCKETS,
    help: 'Time of one fdatasync of the write-ahead log, over all members.',
    source: 'etcd (server/storage/wal/metrics.go)',
  },
  etcd_disk_backend_commit_duration_seconds: {
    name: 'etcd_disk_backend_commit_duration_seconds',
    kind: 'histogram',
    unit: 's',
    labels: [],
    buckets: DISK_BUCKETS,
    help: 'Time of one commit of the backend database, over all members.',
    source: 'etcd (server/storage/backend/metrics.go)',
  },
  etcd_mvcc_db_total_size_in_bytes: {
    name: 'etcd_mvcc_db_total_size_in_bytes',
    kind: 'gauge',
    unit: 'B',
    labels: [],
    help: 'Size of the database file, freed pages included; of the leader.',
    source: 'etcd (server/storage/mvcc/metrics.go)',
  },
  etcd_mvcc_db_total_size_in_use_in_bytes: {
    name: 'etcd_mvcc_db_total_size_in_use_in_bytes',
    kind: 'gauge',
    unit: 'B',
    labels: [],
    help: 'Size of the pages of the database in use; of the leader.',
    source: 'etcd (server/storage/mvcc/metrics.go)',
  },
  etcd_server_proposals_pending: {
    name: 'etcd_server_proposals_pending',
    kind: 'gauge',
    unit: '1',
    labels: [],
    help: 'Proposals that wait for their commit.',
    source: 'etcd (server/etcdserver/metrics.go)',
  },
  etcd_server_leader_changes_seen_total: {
    name: 'etcd_server_leader_changes_seen_total',
    kind: 'counter',
    unit: '1',
    labels: [],
    help: 'Changes of the leader.',
    source: 'etcd (server/etcdserver/metrics.go)',
  },
  etcd_server_has_leader: {
    name: 'etcd_server_has_leader',
    kind: 'gauge',
    unit: '1',
    labels: [],
    help: '1 while the members have a leader, otherwise 0; the mean is the share of time with one.',
    source: 'etcd (server/etcdserver/metrics.go)',
  },
  plimsoll_etcd_transactions_total: {
    name: 'plimsoll_etcd_transactions_total',
    kind: 'counter',
    unit: '1',
    labels: ['result'],
    help: 'Transactions applied, by result: succeeded, or refused by their comparison (condition_failed).',
    source: 'ours: etcd counts transactions, not how their comparisons went',
  },
} as const satisfies Record<string, MetricDefinition>;
