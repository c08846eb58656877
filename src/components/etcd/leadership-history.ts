/** Who led and when, for metrics, notes and the timeline. There is a leader while a member leads that a quorum takes for its leader. */
import type { Simulation } from '../../engine/index.ts';
import type { CounterSeries, GaugeSeries, MetricRecorder, Timeline } from '../../metrics/index.ts';
import { NS_PER_SECOND, type SimTime } from '../../units/index.ts';
import { type MemberId, NO_MEMBER } from './raft/index.ts';

/** The leadership of one cluster. */
export class LeadershipHistory {
  private readonly simulation: Simulation;
  private readonly timeline: Timeline;
  private readonly changes: CounterSeries;
  private readonly hasLeader: GaugeSeries;
  /** Leader and its term, NO_MEMBER while there is none, state. */
  private leader: MemberId = NO_MEMBER;
  private term = 0;
  /** When the leader was lost [ns], state. */
  lostAt = 0 as SimTime;
  /** What happened, in words for the verdict, statistic. */
  readonly notes: string[] = [];

  constructor(simulation: Simulation, recorder: MetricRecorder, timeline: Timeline) {
    this.simulation = simulation;
    this.timeline = timeline;
    this.changes = recorder.counter('etcd_server_leader_changes_seen_total');
    this.hasLeader = recorder.gauge('etcd_server_has_leader');
    this.hasLeader.set(0);
  }

  /** Before the run a member leads already. */
  begin(leader: MemberId, term: number): void {
    this.leader = leader;
    this.term = term;
    this.hasLeader.set(1);
  }

  /** Whether there is a leader. */
  get isLed(): boolean {
    return this.leader !== NO_MEMBER;
  }

  /** How it stands now: the leader that a quorum has, or NO_MEMBER, and its term. */
  look(leader: MemberId, term: number): void {
    if (leader === this.leader && (leader === NO_MEMBER || term === this.term)) return;
    if (leader === NO_MEMBER) this.lost();
    else this.found(leader, term);
  }

  private lost(): void {
    this.timeline.record('etcd', `has no leader: member ${this.leader} is lost`);
    this.leader = NO_MEMBER;
    this.lostAt = this.simulation.now;
    this.hasLeader.set(0);
  }

  private found(leader: MemberId, term: number): void {
    const { simulation, timeline, notes } = this;
    timeline.record(`etcd member ${leader}`, `leads in term ${term}`);
    this.changes.add();
    if (this.leader === NO_MEMBER) {
      const outage = ((simulation.now - this.lostAt) / NS_PER_SECOND).toFixed(2);
      notes.push(
        `etcd lost its leader at ${(this.lostAt / NS_PER_SECOND).toFixed(0)} s and had a new one after ${outage} s`,
      );
      this.hasLeader.set(1);
    }
    this.leader = leader;
    this.term = term;
  }
}
