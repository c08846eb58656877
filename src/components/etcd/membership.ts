/**
 * Changes of the membership, as an operator makes them: a member is added as a learner, is sent the log, and is promoted when it has nearly all of it; one
 * is removed; the leadership is handed over. The strict reconfiguration check refuses what would endanger the quorum.
 * E:server/etcdserver/server.go (AddMember, PromoteMember, RemoveMember, MoveLeader).
 */
import type { EventType, Simulation, ValuesOf } from '../../engine/index.ts';
import type { Timeline } from '../../metrics/index.ts';
import { NS_PER_SECOND, nanoseconds, type SimTime } from '../../units/index.ts';
import type { Host } from '../host/host.ts';
import type { etcdParameters } from './etcd.parameters.ts';
import type { Member } from './member.ts';
import type { Members } from './members.ts';
import { ChangeType, type MemberId, quorumOf } from './raft/index.ts';
import type { Seat } from './seat.ts';

/** Time between two looks at a learner [ns]: an operator tries to promote it every second. */
const PROMOTION_PERIOD = nanoseconds(NS_PER_SECOND);

/** What changes of the membership work on. */
export interface MembershipOptions {
  readonly simulation: Simulation;
  readonly parameters: ValuesOf<typeof etcdParameters>;
  readonly timeline: Timeline;
  readonly members: Members;
  /** A machine for the next member. */
  readonly newHost: (number: number) => Host;
  /** A member was made: clients get to know it. */
  readonly onAdded: () => void;
}

/** The operator of the membership. */
export class Membership {
  private readonly options: MembershipOptions;
  private readonly evPromote: EventType;

  constructor(options: MembershipOptions) {
    this.options = options;
    this.evPromote = options.simulation.on('etcd.promoteLearner', (number) => this.promote(number));
  }

  /** Adds a member on a machine of its own: as a learner, which is promoted when it is ready. */
  add(): void {
    const { members, timeline, newHost, onAdded, simulation } = this.options;
    const { leader } = members;
    if (leader === undefined || !this.isHealthy(leader) || leader.node.configuration.learners.length > 0) {
      timeline.record('etcd', 'adds no member: a member is unhealthy, or there is a learner already');
      return;
    }
    const seat = members.create(newHost(members.seats.length));
    onAdded();
    const { id } = seat.member;
    timeline.record(seat.member.name, 'is added as a learner');
    leader.wake((node) => void node.proposeConfigurationChange({ type: ChangeType.AddLearner, member: id }));
    members.startEmpty(seat);
    simulation.after(PROMOTION_PERIOD, this.evPromote, id);
  }

  /** Removes a member; what is left must have a quorum that runs. */
  remove(seat: Seat): void {
    const { members, timeline } = this.options;
    const { leader } = members;
    const { id } = seat.member;
    if (leader === undefined || !this.isSafeWithout(leader, id)) {
      timeline.record(seat.member.name, 'is not removed: the others would have no quorum');
      return;
    }
    leader.wake((node) => void node.proposeConfigurationChange({ type: ChangeType.Remove, member: id }));
  }

  /** Hands the leadership over; to the first voter that runs if none is named. */
  transfer(to: MemberId | undefined): void {
    const { members, timeline } = this.options;
    const { leader } = members;
    if (leader === undefined) return;
    const { voters } = leader.node.configuration;
    const target = to ?? voters.find((voter) => voter !== leader.id && members.seat(voter)?.member.isRunning === true);
    if (target === undefined || target === leader.id) return;
    timeline.record('etcd', `moves the leadership from member ${leader.id} to member ${target}`);
    leader.wake((node) => node.transferLeadership(target));
  }

  /** Promotes a learner that has nearly all of the leader's log, or looks again later. */
  private promote(number: MemberId): void {
    const { members, parameters, simulation } = this.options;
    const { leader } = members;
    const seat = members.seat(number);
    const isVoter = leader?.node.configuration.voters.includes(number) === true;
    if (seat === undefined || isVoter) return;
    const learner = leader?.node.progress().find(({ member, isLearner }) => member === number && isLearner);
    const isReady =
      learner !== undefined && learner.match >= parameters.learnerReadyShare * (leader?.node.lastIndex ?? 0);
    if (leader !== undefined && isReady) {
      leader.wake((node) => void node.proposeConfigurationChange({ type: ChangeType.Promote, member: number }));
    }
    simulation.after(PROMOTION_PERIOD, this.evPromote, number);
  }

  /** Whether all voters have run, and been connected, for long enough. */
  private isHealthy(leader: Member): boolean {
    return leader.node.configuration.voters.every((voter) => this.isConnected(leader, voter));
  }

  private isSafeWithout(leader: Member, removed: MemberId): boolean {
    const { configuration } = leader.node;
    const voters = configuration.voters.filter((voter) => voter !== removed);
    if (voters.length === 0) return false;
    const running = voters.filter((voter) => this.isConnected(leader, voter)).length;
    return running >= quorumOf({ voters, learners: [] });
  }

  private isConnected(leader: Member, voter: MemberId): boolean {
    const { members, simulation, parameters } = this.options;
    const member = members.seat(voter)?.member;
    if (member === undefined || !member.isRunning) return false;
    const isOpen = members.network.isOpen(leader.id, voter) && members.network.isOpen(voter, leader.id);
    const since = member.startedAt + parameters.healthyInterval;
    return voter === leader.id || (isOpen && (member.startedAt < 1 || since <= (simulation.now as SimTime)));
  }
}
