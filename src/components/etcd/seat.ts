/** A member with what belongs to it, and what all members are made of. */
import type { ObjectTables } from '../../cluster/index.ts';
import type { Simulation, ValuesOf } from '../../engine/index.ts';
import type { MetricRecorder, Timeline } from '../../metrics/index.ts';
import type { networkParameters } from '../host/host.parameters.ts';
import type { Host } from '../host/host.ts';
import type { Answer } from './answer.ts';
import type { etcdParameters } from './etcd.parameters.ts';
import type { Member } from './member.ts';
import type { MembersListener } from './members-listener.ts';
import type { Keyspace, MemberStore } from './mvcc/index.ts';
import type { Proposal } from './proposal.ts';
import type { PersistedState } from './raft/index.ts';
import type { ReadIndex } from './read-index.ts';
import type { ReplicatedState } from './replicated-state.ts';
import type { RequestWorkers } from './request-workers.ts';

/** What the members are made of. */
export interface MembersOptions {
  readonly simulation: Simulation;
  readonly tables: ObjectTables;
  readonly keyspace: Keyspace;
  readonly parameters: ValuesOf<typeof etcdParameters>;
  readonly network: ValuesOf<typeof networkParameters>;
  readonly hosts: readonly Host[];
  readonly recorder: MetricRecorder;
  readonly timeline: Timeline;
  readonly state: ReplicatedState;
  readonly listener: MembersListener;
}

/** A member with what belongs to it. */
export interface Seat {
  readonly member: Member;
  readonly reads: ReadIndex;
  readonly store: MemberStore;
  /** Answers to its clients that take their CPU. */
  readonly answers: RequestWorkers<Answer>;
  /** What its process left on its disk, while it does not run, state. */
  surviving: PersistedState<Proposal> | undefined;
  /** Whether its process has ended by itself because the disk was full, state. */
  hasPanicked: boolean;
  /** Last entry that it made a snapshot at, and dropped old entries at, state. */
  snapshotIndex: number;
  compactionIndex: number;
}
