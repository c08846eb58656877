/** Parameters of etcd: raft timing, disk, CPU, backend. */
import {
  assumption,
  count,
  defineParameters,
  distribution,
  duration,
  measured,
  real,
  sourceCode,
} from '../../engine/index.ts';
import { microseconds, milliseconds, nanoseconds, seconds } from '../../units/index.ts';

export const etcdParameters = defineParameters({
  members: count({
    default: 3,
    unit: 'member',
    range: [1, 7],
    help: 'Voting members.',
    source: assumption('three members are the usual production set-up'),
  }),
  heartbeatInterval: duration({
    default: milliseconds(100),
    range: [milliseconds(1), seconds(10)],
    help: 'Raft tick and heartbeat.',
    source: sourceCode('E:server/embed/config.go:NewConfig'),
  }),
  electionTicksMinimum: count({
    default: 10,
    unit: 'tick',
    range: [2, 500],
    help: 'Smallest election timeout in ticks.',
    source: sourceCode('R:raft.go:resetRandomizedElectionTimeout'),
  }),
  electionTicksMaximum: count({
    default: 19,
    unit: 'tick',
    range: [2, 1000],
    help: 'Largest election timeout in ticks.',
    source: sourceCode('R:raft.go:resetRandomizedElectionTimeout'),
  }),
  memberRestart: duration({
    default: seconds(10),
    range: [milliseconds(1), seconds(3600)],
    help: 'Time until a member that was killed runs again (restart of the static pod or unit).',
    source: assumption('kubelet restart back-off of a static pod, 10 s'),
  }),
  requestTimeout: duration({
    default: seconds(7),
    range: [milliseconds(100), seconds(600)],
    help: 'Limit after which a request that found no leader fails: 5 s + 2 election timeouts.',
    source: sourceCode('E:server/config/config.go:ReqTimeout'),
  }),
  walSync: distribution({
    default: { distribution: 'lognormal', p50: 170_000, p99: 620_000 },
    help: 'Write and fdatasync of one WAL batch of a few kB.',
    source: measured('etcd/fdatasync.csv', 'p50 0.10-0.18 ms, p99 0.21-0.38 ms preallocated, 0.62 ms appended'),
  }),
  walSyncPerByte: real({
    default: 0.4,
    unit: 'ns/B',
    range: [0, 1000],
    help: 'What each further byte of a batch adds to its sync.',
    source: measured('etcd/fdatasync.csv', '0.17 ms at 4 kB, 0.27 ms at 256 kB'),
  }),
  requestCpu: duration({
    default: microseconds(60),
    range: [nanoseconds(0), seconds(1)],
    help: 'CPU of etcd for one request: gRPC, proposal, apply.',
    source: measured(
      'etcd/put_grid.csv',
      'server CPU per put over batch size: 60 us + 250 us per batch fits 8 to 512 clients within 20 %',
    ),
  }),
  batchCpu: duration({
    default: microseconds(250),
    range: [nanoseconds(0), seconds(1)],
    help: 'CPU of etcd for one WAL batch: raft loop, system calls, wake-ups.',
    source: measured('etcd/put_grid.csv', 'see requestCpu'),
  }),
  applyService: duration({
    default: microseconds(15),
    range: [nanoseconds(0), seconds(1)],
    help: 'Time the serial apply loop holds one entry.',
    source: measured(
      'etcd/put_grid.csv',
      'tmpfs, 256 clients: 21,690 puts/s with apply, raft and gRPC on two cores; apply is about a third',
    ),
  }),
  readService: duration({
    default: microseconds(30),
    range: [nanoseconds(0), seconds(1)],
    help: 'Time of one single-key range after its read index is confirmed.',
    source: measured('etcd/get_grid.csv', '35-50 us of server CPU per get at 64 clients'),
  }),
  rangeServicePerKey: duration({
    default: nanoseconds(3_700),
    range: [nanoseconds(0), seconds(1)],
    help: 'What each key of a range adds.',
    source: measured('etcd/range_grid.csv', '37 ms CPU for 9,990 keys of 1 KiB'),
  }),
  backendBatchInterval: duration({
    default: milliseconds(100),
    range: [milliseconds(1), seconds(10)],
    help: 'Timer of the backend commit.',
    source: sourceCode('E:server/storage/backend/backend.go:defaultBatchInterval'),
  }),
  backendCommit: distribution({
    default: { distribution: 'lognormal', p50: 900_000, p99: 5_000_000 },
    help: 'Time of one backend commit with few pages; it holds up the apply loop.',
    source: measured('etcd/put_grid.csv', 'commit_mean_ms 0.9 at one client with 256 B values'),
  }),
  backendCommitPerOperation: duration({
    default: microseconds(4),
    range: [nanoseconds(0), seconds(1)],
    help: 'What each operation in the batch adds to the commit.',
    source: measured('etcd/put_grid.csv', 'commit 4-12 ms at 1,000-2,300 operations a commit'),
  }),
  revisionOverhead: count({
    default: 120,
    unit: 'B',
    range: [0, 10_000],
    help: 'Bytes a revision takes beside key and value: keys, B+tree, protobuf.',
    source: measured('etcd/db_sizes.csv', '100-150 B a revision beyond key and value'),
  }),
});
