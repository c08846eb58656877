/** Who led and when, for metrics, notes and the timeline. There is a leader while a member leads that a quorum takes for its leader. */
import type { Simulation } from '../../engine/index.ts';
import type { CounterSeries, GaugeSeries, MetricRecorder, Timeline } from '../../metrics/index.ts';
import { milliseconds, NS_PER_SECOND, type SimTime } from '../../units/index.ts';
import { type MemberId, NO_MEMBER } from './raft/index.ts';

/** Without a leader for less than this, which is shorter than any election, leadership was handed over. */
const SHORT_OUTAGE = milliseconds(10);

/** The leadership of one cluster. */
export class LeadershipHistory {
  private readonly simulation: Simulation;
  private readonly timeline: Timeline;
  private readonly changes: CounterSeries;
  private readonly hasLeader: GaugeSeries;
  /** Leader and its term, NO_MEMBER while there is none, state. */
  private leader: MemberId = NO_MEMBER;
  private term = 0;
  /** Who led before the leader was lost, state. */
  private lastLeader: MemberId = NO_MEMBER;
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

  /** How it stands now: the leader that a quorum has, or NO_MEMBER, and its term. */
  look(leader: MemberId, term: number): void {
    if (leader === this.leader && (leader === NO_MEMBER || term === this.term)) return;
    if (leader === NO_MEMBER) this.lost();
    else this.found(leader, term);
  }

  private lost(): void {
    this.timeline.record('etcd', `has no leader: member ${this.leader} is lost`);
    this.lastLeader = this.leader;
    this.leader = NO_MEMBER;
    this.lostAt = this.simulation.now;
    this.hasLeader.set(0);
  }

  private found(leader: MemberId, term: number): void {
    const { timeline, notes } = this;
    timeline.record(`etcd member ${leader}`, `leads in term ${term}`);
    this.changes.add();
    if (this.leader === NO_MEMBER) {
      notes.push(this.noteOn(leader));
      this.hasLeader.set(1);
    }
    this.leader = leader;
    this.term = term;
  }

  /** Followers count a leader that has gone silent as theirs until their election timeout: writes have stood still for longer than this says. */
  private noteOn(leader: MemberId): string {
    const at = `${(this.lostAt / NS_PER_SECOND).toFixed(1)} s`;
    const outage = this.simulation.now - this.lostAt;
    const change = this.lastLeader === leader ? `member ${leader} again` : `member ${this.lastLeader}, then ${leader}`;
    if (outage < SHORT_OUTAGE) return `etcd changed its leader at ${at}: ${change}`;
    return `no quorum of etcd followed a leader for ${(outage / NS_PER_SECOND).toFixed(2)} s from ${at} on: ${change}`;
  }
}
