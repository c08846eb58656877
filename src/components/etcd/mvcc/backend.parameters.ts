/** Parameters of a member's database file: commits, quota, defragmentation, snapshots. */
import { count, defineParameters, documentation, duration, measured, real, sourceCode } from '../../../engine/index.ts';
import { microseconds, milliseconds, nanoseconds, seconds } from '../../../units/index.ts';

export const backendParameters = defineParameters({
  backendBatchInterval: duration({
    default: milliseconds(100),
    range: [milliseconds(1), seconds(10)],
    help: 'Timer of the backend commit.',
    source: sourceCode('E:server/storage/backend/backend.go:defaultBatchInterval'),
  }),
  backendBatchLimit: count({
    default: 10_000,
    unit: 'operation',
    range: [1, 1e9],
    help: 'Operations after which the backend commits without waiting for the timer.',
    source: sourceCode('E:server/storage/backend/backend.go:defaultBatchLimit'),
  }),
  backendCommitPerPage: duration({
    default: microseconds(8),
    range: [nanoseconds(0), seconds(1)],
    help: 'Time of a commit for each page that it writes, beside the sync of their bytes and that of the meta page.',
    source: measured(
      'etcd/put_grid.csv, etcd/put_slow_fsync.csv',
      'least squares over 36 points on disk: commit_mean_ms = 1.99 syncs + 8 us a page + 0.9 us an operation with the syncs measured beside; 1.4 us with those of fdatasync.csv',
    ),
  }),
  backendCommitPerOperation: duration({
    default: nanoseconds(1_400),
    range: [nanoseconds(0), seconds(1)],
    help: 'Time of a commit for each operation in the batch: the nodes of the tree are built from it.',
    source: measured('etcd/put_grid.csv', 'see backendCommitPerPage'),
  }),
  keyLength: count({
    default: 45,
    unit: 'B',
    range: [1, 1_000],
    help: 'Length of a key: /registry/pods/default/web-7c9f8d6b5-x2k4p and its like.',
    source: sourceCode(
      'K:apiserver/pkg/storage/etcd3/store.go:prepareKey',
      '42 to 60 letters for objects in a namespace',
    ),
  }),
  quotaBackendBytes: count({
    default: 2_147_483_648,
    unit: 'B',
    range: [1_000_000, 1e12],
    help: '--quota-backend-bytes: size of the database file at which the alarm NOSPACE is raised.',
    source: sourceCode('E:server/storage/quota.go:DefaultQuotaBytes', '8 GiB is the advised maximum'),
  }),
  defragmentBase: duration({
    default: milliseconds(60),
    range: [nanoseconds(0), seconds(60)],
    help: 'Time of a defragmentation beside copying: opening, syncing and renaming files.',
    source: measured('etcd/db_lifecycle.csv', 'defrag_s 0.05 to 0.09 at 2 MB, 0.77 at 166 MB'),
  }),
  defragmentBytesPerSecond: real({
    default: 228e6,
    unit: 'B/s',
    range: [1e5, 1e11],
    help: 'Live bytes that a defragmentation copies in a second; the member serves nothing meanwhile.',
    source: measured('etcd/db_lifecycle.csv', 'see defragmentBase'),
  }),
  snapshotSaveBase: duration({
    default: milliseconds(100),
    range: [nanoseconds(0), seconds(60)],
    help: 'Time of saving a snapshot beside copying.',
    source: measured('etcd/db_lifecycle.csv', 'snapshot_save_s 0.18 at 28 MB, 0.39 at 69 MB, 0.67 at 165 MB'),
  }),
  snapshotSaveBytesPerSecond: real({
    default: 275e6,
    unit: 'B/s',
    range: [1e5, 1e11],
    help: 'Bytes of the file that a snapshot copies in a second, free pages included.',
    source: measured('etcd/db_lifecycle.csv', 'see snapshotSaveBase'),
  }),
  snapshotRestoreBase: duration({
    default: milliseconds(45),
    range: [nanoseconds(0), seconds(60)],
    help: 'Time of restoring a snapshot beside copying.',
    source: measured('etcd/db_lifecycle.csv', 'restore_s 0.10 at 28 MB, 0.19 at 69 MB, 0.37 at 165 MB'),
  }),
  snapshotRestoreBytesPerSecond: real({
    default: 505e6,
    unit: 'B/s',
    range: [1e5, 1e11],
    help: 'Bytes that a restored snapshot writes in a second.',
    source: measured('etcd/db_lifecycle.csv', 'see snapshotRestoreBase'),
  }),
  restoreRevisionBump: count({
    default: 1_000_000_000,
    unit: 'revision',
    range: [0, 1e12],
    help: '--bump-revision of etcdutl snapshot restore: by how much revisions go up, so that no client takes an old one for new.',
    source: documentation(
      'https://etcd.io/docs/v3.6/op-guide/recovery',
      'the value that the guide uses for Kubernetes',
    ),
  }),
  restartBase: duration({
    default: milliseconds(600),
    range: [nanoseconds(0), seconds(60)],
    help: 'Time until a member that starts has opened its files and serves, beside replay and election.',
    source: measured(
      'etcd/db_lifecycle.csv',
      'restart_to_healthy_s 0.83 to 2.1, the election of a single member included',
    ),
  }),
  restartPerLogEntry: duration({
    default: microseconds(18),
    range: [nanoseconds(0), seconds(1)],
    help: 'Time for each entry of the write-ahead log that is applied again at a start.',
    source: measured('etcd/db_lifecycle.csv', '1.41 s with 20,000 entries, 1.97 s with 50,000'),
  }),
  restartPerRevision: duration({
    default: microseconds(1),
    range: [nanoseconds(0), seconds(1)],
    help: 'Time for each revision of the database that a start reads to build the index, 10,000 at a time.',
    source: measured(
      'etcd/db_lifecycle.csv',
      '0.83 s with 120,000 revisions and 20,000 entries: at most 1 us a revision',
    ),
  }),
  tlsPerByte: real({
    default: 0.5,
    unit: 'ns/B',
    range: [0, 1_000],
    help: 'Time of TLS for each byte that API servers write or read (kubeadm has it on); 0 without.',
    source: documentation(
      'https://github.com/golang/go/blob/master/src/crypto/cipher/benchmark_test.go',
      'AES-128-GCM with AES-NI: 2 to 5 GB/s a core, sealing and opening each',
    ),
  }),
});
