/** What the members report of themselves: disks, apply loops, databases, proposals. */
import type { Simulation } from '../../engine/index.ts';
import { type MetricRecorder, publishServer } from '../../metrics/index.ts';
import type { Members } from './members.ts';
import type { Seat } from './seat.ts';

/** What is published. */
export interface PublishOptions {
  readonly simulation: Simulation;
  readonly recorder: MetricRecorder;
  readonly members: Members;
  /** Requests that are not answered yet. */
  readonly pending: () => number;
}

/** Whoever leads is published under the plain names, which the bottleneck goes by; each member also under its own. */
export function publishMembers({ simulation, recorder, members, pending }: PublishOptions): void {
  const disk = new LeaderBusyTime(members, ({ member }) => member.log.busyNanoseconds(simulation.now));
  const apply = new LeaderBusyTime(members, ({ member }) => member.apply.busyNanoseconds);
  publishServer(recorder, simulation, 'etcd disk (WAL)', () => ({
    busyNanoseconds: disk.total(),
    capacity: 1,
    queueLength: members.seats.reduce((sum, { member }) => sum + (member.isUp ? member.waitingForLog : 0), 0),
  }));
  publishServer(recorder, simulation, 'etcd apply', () => ({
    busyNanoseconds: apply.total(),
    capacity: 1,
    queueLength: members.leader?.apply.waiting ?? 0,
  }));
  const total = recorder.gauge('etcd_mvcc_db_total_size_in_bytes');
  const inUse = recorder.gauge('etcd_mvcc_db_total_size_in_use_in_bytes');
  const pendingProposals = recorder.gauge('etcd_server_proposals_pending');
  const committed = recorder.gauge('etcd_server_proposals_committed_total');
  const applied = recorder.gauge('etcd_server_proposals_applied_total');
  recorder.onSample(() => {
    pendingProposals.set(pending());
    const { leader } = members;
    if (leader === undefined) return;
    const { backend } = (members.seats[leader.id] as Seat).store;
    total.set(backend.size);
    inUse.set(backend.inUse);
    committed.set(leader.node.commit);
    applied.set(leader.apply.applied);
  });
}

/** Busy time of whoever leads: what a member did before and after it led does not count. */
class LeaderBusyTime {
  private readonly members: Members;
  private readonly busyOf: (seat: Seat) => number;
  private sum = 0;
  private seat: Seat | undefined;
  private seen = 0;

  constructor(members: Members, busyOf: (seat: Seat) => number) {
    this.members = members;
    this.busyOf = busyOf;
    members.onLeaderChange(() => void this.total());
  }

  /** Busy time of leaders so far [ns]. */
  total(): number {
    const { leader } = this.members;
    if (this.seat !== undefined) {
      const busy = this.busyOf(this.seat);
      this.sum += Math.max(0, busy - this.seen);
      this.seen = busy;
    }
    const seat = leader === undefined ? undefined : this.members.seats[leader.id];
    if (seat !== this.seat) {
      this.seat = seat;
      this.seen = seat === undefined ? 0 : this.busyOf(seat);
    }
    return this.sum;
  }
}
