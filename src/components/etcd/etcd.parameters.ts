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
import { backendParameters, leaseParameters, mvccParameters } from './mvcc/index.ts';

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
  electionTicks: count({
    default: 10,
    unit: 'tick',
    range: [2, 500],
    help: 'Election timeout in ticks; each member draws from this to one less than twice as many. Check of the quorum by the leader, too.',
    source: sourceCode('E:server/embed/config.go:NewConfig', 'R:raft.go:resetRandomizedElectionTimeout'),
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
    help: 'Limit after which a request that is not answered fails: 5 s + 2 election timeouts.',
    source: sourceCode('E:server/config/config.go:ReqTimeout'),
  }),
  readIndexRetry: duration({
    default: milliseconds(500),
    range: [milliseconds(10), seconds(10)],
    help: 'Time after which a member asks again for an index to read at.',
    source: sourceCode('E:server/etcdserver/read/read.go:readIndexRetryTime'),
  }),
  watchLeaderTimeouts: count({
    default: 3,
    unit: 'election timeout',
    range: [1, 100],
    help: 'Time without a leader after which a member cancels its watches (clients require a leader).',
    source: sourceCode('E:server/etcdserver/api/v3rpc/interceptor.go:maxNoLeaderCnt'),
  }),
  maximumApplyGap: count({
    default: 5000,
    unit: 'entry',
    range: [1, 1e9],
    help: 'Entries committed and not applied above which a member refuses proposals: too many requests.',
    source: sourceCode('E:server/etcdserver/v3_server.go:maxGapBetweenApplyAndCommitIndex'),
  }),
  maximumRequestBytes: count({
    default: 1_572_864,
    unit: 'B',
    range: [1000, 1e9],
    help: '--max-request-bytes: longer requests are refused.',
    source: sourceCode('E:server/embed/config.go:DefaultMaxRequestBytes'),
  }),
  maximumMessageBytes: count({
    default: 1_048_576,
    unit: 'B',
    range: [1000, 1e9],
    help: 'Entries that one append to a follower carries.',
    source: sourceCode('E:server/etcdserver/raft.go:maxSizePerMsg'),
  }),
  maximumInFlight: count({
    default: 512,
    unit: 'message',
    range: [1, 1e6],
    help: 'Appends on their way to one follower.',
    source: sourceCode('E:server/etcdserver/raft.go:maxInflightMsgs'),
  }),
  snapshotCount: count({
    default: 10_000,
    unit: 'entry',
    range: [1, 1e9],
    help: '--snapshot-count: entries applied after which a member commits its backend and notes a snapshot in its log.',
    source: sourceCode('E:server/etcdserver/server.go:DefaultSnapshotCount', '100,000 before 3.6'),
  }),
  logCompactionEntries: count({
    default: 100,
    unit: 'entry',
    range: [1, 1e9],
    help: 'Entries applied after which a member drops old entries from memory; before 3.6 with each snapshot.',
    source: sourceCode('E:server/etcdserver/server.go:memorySnapshotCount'),
  }),
  catchUpEntries: count({
    default: 5000,
    unit: 'entry',
    range: [0, 1e9],
    help: 'Entries that are kept for slow followers; who is further behind is sent the whole database.',
    source: sourceCode('E:server/etcdserver/server.go:DefaultSnapshotCatchUpEntries'),
  }),
  healthyInterval: duration({
    default: seconds(5),
    range: [milliseconds(1), seconds(3600)],
    help: 'Time for which members must have been connected before one is added or removed (strict reconfiguration check).',
    source: sourceCode('E:server/etcdserver/server.go:HealthInterval'),
  }),
  learnerReadyShare: real({
    default: 0.9,
    unit: 'ratio',
    range: [0, 1],
    help: "Share of the leader's log that a learner must have before it is promoted.",
    source: sourceCode('E:server/etcdserver/server.go:readyPercentThreshold'),
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
  walStallShare: real({
    default: 0,
    unit: 'ratio',
    range: [0, 1],
    help: 'Share of syncs of the WAL that meet a stall of the disk (a noisy neighbour) beside their own time.',
    source: assumption('a disk of its own does not stall; the profile disk-noisy does'),
  }),
  walStall: distribution({
    default: { distribution: 'lognormal', p50: 300_000_000, p99: 2_000_000_000 },
    help: 'Length of such a stall.',
    source: assumption(
      'etcd warns of syncs over 1 s, which shared disks do show; without effect unless etcd.walStallShare is above 0',
    ),
  }),
  walSegmentBytes: count({
    default: 64_000_000,
    unit: 'B',
    range: [1000, 1e12],
    help: 'Size of a segment of the WAL; a full one is cut, which takes three syncs more.',
    source: sourceCode('E:server/storage/wal/wal.go:SegmentSizeBytes'),
  }),
  requestCpu: duration({
    default: microseconds(41),
    range: [nanoseconds(0), seconds(1)],
    help: 'CPU of etcd for one put beside the log, on any core: gRPC, apply, answer.',
    source: measured(
      'etcd/put_grid.csv',
      'server CPU per put over the measured batch: 49 us a put and 330 us a batch fit 1 to 512 clients on disk within 20 %; for the halves see entryCpu and syncCpu',
    ),
  }),
  entryCpu: duration({
    default: microseconds(8),
    range: [nanoseconds(0), seconds(1)],
    help: 'CPU of the raft loop for each entry of a batch, while the log stands still.',
    source: measured(
      'etcd/put_grid.csv',
      'time between syncs (1/fsync_per_s - fsync_mean_ms) over the batch: 80 us and 25 us an entry on a machine whose two cores are contended; 8 us alone gives the measured batches',
    ),
  }),
  entryCpuPerByte: real({
    default: 4,
    unit: 'ns/B',
    range: [0, 1000],
    help: 'CPU of the raft loop for each byte of an entry: encoding, checksum, copies.',
    source: measured(
      'etcd/put_grid.csv',
      '60 to 90 us of CPU more for 16 KiB than for 256 B, of which 35 us are those of the commit',
    ),
  }),
  batchCpu: duration({
    default: microseconds(80),
    range: [nanoseconds(0), seconds(1)],
    help: 'CPU of the raft loop for a batch, while the log stands still.',
    source: measured('etcd/put_grid.csv', 'see entryCpu'),
  }),
  syncCpu: duration({
    default: microseconds(120),
    range: [nanoseconds(0), seconds(1)],
    help: 'CPU of a leader that a write to the log takes on other cores: a thread that blocks hands its processor over, others look for work and park.',
    source: measured(
      'etcd/put_grid.csv',
      'see requestCpu: what is left of 330 us a batch beside batchCpu and host.spinCpu; tmpfs, where no write blocks, has none',
    ),
  }),
  syncReturn: duration({
    default: microseconds(300),
    range: [nanoseconds(0), seconds(1)],
    help: 'Time that the thread of the log, back from a sync, waits for a processor for each piece of work that runs on each core beside one: no sync is faster than the queue of the cores.',
    source: measured(
      'etcd/put_grid.csv',
      'fsync_mean_ms: 0.22 with one client, 0.33 with 8, 0.43 with 16, 0.62 with 128, 0.86 with 256 on the same disk',
    ),
  }),
  sendCpu: duration({
    default: microseconds(50),
    range: [nanoseconds(0), seconds(1)],
    help: 'CPU of the leader for sending one batch to one follower and taking its acknowledgement.',
    source: measured(
      'etcd/cluster_put.csv',
      'CPU of all three members per put, less that of a single member: see followerBatchCpu',
    ),
  }),
  followerBatchCpu: duration({
    default: microseconds(300),
    range: [nanoseconds(0), seconds(1)],
    help: 'CPU of a follower for one append: taking it in, writing, acknowledging, learning of the commit.',
    source: measured(
      'etcd/cluster_put.csv',
      'three members take 1,156 us a put at one client and 124 us at 256, one member 458 and 65 us: 300 us a batch and 20 us an entry at each follower',
    ),
  }),
  followerEntryCpu: duration({
    default: microseconds(20),
    range: [nanoseconds(0), seconds(1)],
    help: 'CPU of a follower for each entry of an append, and of the leader for a proposal that a follower forwards.',
    source: measured('etcd/cluster_put.csv', 'see followerBatchCpu'),
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
  readCpu: duration({
    default: microseconds(35),
    range: [nanoseconds(0), seconds(1)],
    help: 'CPU of a read of one key, or of what a range costs beside its keys, on any core.',
    source: measured('etcd/get_grid.csv', '35-50 us of server CPU per get at 64 clients'),
  }),
  readRoundCpu: duration({
    default: microseconds(60),
    range: [nanoseconds(0), seconds(1)],
    help: 'CPU of a round that confirms the index of linearizable reads; reads that come meanwhile share the next.',
    source: measured(
      'etcd/get_grid.csv',
      'one client: 265-300 us a linearizable get, 212 us a serializable one, host.spinCpu included in both',
    ),
  }),
  rangeServicePerKey: duration({
    default: nanoseconds(3_700),
    range: [nanoseconds(0), seconds(1)],
    help: 'CPU that each key of a range adds.',
    source: measured('etcd/range_grid.csv', '37 ms CPU for 9,990 keys of 1 KiB'),
  }),
  indexVisit: duration({
    default: nanoseconds(60),
    range: [nanoseconds(0), seconds(1)],
    help: 'CPU that each key of the range costs a limited range although it is not returned: etcd 3.6 counts them all.',
    source: measured(
      'etcd/range_grid.csv',
      '10 of 10,000 keys take 0.72 ms, 100 of them 1.15 ms: 60 ns for each that is passed over (E:server/storage/mvcc/index.go:Revisions)',
    ),
  }),
  ...backendParameters,
  ...mvccParameters,
  ...leaseParameters,
});
