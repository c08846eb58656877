/**
 * Who leads: members that run, the term, and elections by the shortest randomised timeout. R:raft.go:tickElection.
 * Left out here: split votes, check-quorum, leader transfer, partitions.
 */
import type { EventType, RandomStream, Simulation, ValuesOf } from '../../engine/index.ts';
import type { CounterSeries, GaugeSeries, MetricRecorder } from '../../metrics/index.ts';
import { type Nanoseconds, NS_PER_SECOND, nanoseconds, type SimTime } from '../../units/index.ts';
import type { etcdParameters } from './etcd.parameters.ts';

/** No member leads. */
export const NO_LEADER = -1;

/** What an election needs of the members' disks and links. */
export interface ElectionCosts {
  /** One way between two members. */
  hop(): number;
  /** Sync of a hard state or an empty entry at a member. */
  sync(member: number): number;
}

/** The leadership of one cluster. */
export class Leadership {
  /** Index of the leader, NO_LEADER while there is none, state. */
  leader = 0;
  /** Raised whenever a leader is lost: what belongs to an older term is void, state. */
  term = 1;
  /** Members that run, state. */
  private readonly up: boolean[];
  private readonly simulation: Simulation;
  private readonly parameters: ValuesOf<typeof etcdParameters>;
  private readonly costs: ElectionCosts;
  /** Told of a new leader. */
  private readonly onElected: () => void;
  private readonly draws: RandomStream;
  private readonly evElected: EventType;
  private readonly evMemberUp: EventType;
  private readonly changes: CounterSeries;
  private readonly hasLeader: GaugeSeries;
  /** When the leader was lost [ns], undefined while there is one. */
  private lostAt: SimTime | undefined;
  /** What happened, in words for the verdict. */
  readonly notes: string[] = [];

  constructor(
    simulation: Simulation,
    parameters: ValuesOf<typeof etcdParameters>,
    costs: ElectionCosts,
    recorder: MetricRecorder,
    onElected: () => void,
  ) {
    this.simulation = simulation;
    this.parameters = parameters;
    this.costs = costs;
    this.onElected = onElected;
    this.up = Array.from({ length: parameters.members }, () => true);
    this.draws = simulation.streams.stream('etcd.elections');
    this.evElected = simulation.on('etcd.leaderElected', (member, term) => this.elected(member, term));
    this.evMemberUp = simulation.on('etcd.memberUp', (member) => this.memberUp(member));
    this.changes = recorder.counter('etcd_server_leader_changes_seen_total');
    this.hasLeader = recorder.gauge('etcd_server_has_leader');
    this.hasLeader.set(1);
  }

  /** Whether a member runs. */
  isUp(member: number): boolean {
    return this.up[member] === true;
  }

  /** Voters that make a quorum. */
  get quorum(): number {
    return Math.floor(this.up.length / 2) + 1;
  }

  /** Fault: the leader's process is killed; it comes back after `duration`, null = never. False if there is no leader to strike. */
  killLeader(duration: Nanoseconds | null): boolean {
    const member = this.leader;
    if (member === NO_LEADER) {
      this.notes.push('an etcdLeaderLoss struck nobody: there was no leader');
      return false;
    }
    this.up[member] = false;
    this.leader = NO_LEADER;
    this.term++;
    this.lostAt = this.simulation.now;
    this.hasLeader.set(0);
    if (duration !== null) this.simulation.after(duration, this.evMemberUp, member);
    this.campaign();
    return true;
  }

  /** Each survivor has drawn its own timeout since the last heartbeat; the first to run out wins, if a quorum is up. */
  private campaign(): void {
    const { electionTicksMinimum, electionTicksMaximum, heartbeatInterval } = this.parameters;
    if (this.up.filter(Boolean).length < this.quorum) return;
    let winner = NO_LEADER;
    let earliest = Number.POSITIVE_INFINITY;
    for (let member = 0; member < this.up.length; member++) {
      const ticks =
        electionTicksMinimum + Math.floor(this.draws.next() * (electionTicksMaximum - electionTicksMinimum + 1));
      const timeout = (ticks - this.draws.next()) * heartbeatInterval;
      if (this.isUp(member) && timeout < earliest) {
        winner = member;
        earliest = timeout;
      }
    }
    // Pre-vote and vote take a round trip each, the vote a sync; the new leader's empty entry takes another sync and round trip.
    const { costs } = this;
    const roundTrip = () => costs.hop() + costs.hop();
    const span = earliest + roundTrip() + roundTrip() + costs.sync(winner) + roundTrip() + costs.sync(winner);
    this.simulation.after(nanoseconds(span), this.evElected, winner, this.term);
  }

  private elected(member: number, term: number): void {
    if (term !== this.term || this.leader !== NO_LEADER || !this.isUp(member)) return;
    this.leader = member;
    this.changes.add();
    this.hasLeader.set(1);
    if (this.lostAt !== undefined) {
      const outage = ((this.simulation.now - this.lostAt) / NS_PER_SECOND).toFixed(2);
      const lost = (this.lostAt / NS_PER_SECOND).toFixed(0);
      this.notes.push(`etcd lost its leader at ${lost} s and had a new one after ${outage} s`);
      this.lostAt = undefined;
    }
    this.onElected();
  }

  private memberUp(member: number): void {
    this.up[member] = true;
    if (this.leader === NO_LEADER) this.campaign();
  }
}
