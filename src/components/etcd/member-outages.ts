/**
 * What clients notice of members that are ill: one that is gone breaks its connections, one without a leader makes requests wait and cancels its watches
 * after three election timeouts (clients require a leader), one that stands still is noticed when a keep-alive stays without answer.
 */
import type { EventType, Simulation, ValuesOf } from '../../engine/index.ts';
import type { Timeline, WaitLedger } from '../../metrics/index.ts';
import { type Nanoseconds, nanoseconds, type SimTime } from '../../units/index.ts';
import { type RequestId, type Requests, WaitPlace } from '../api-machinery/index.ts';
import type { ClientRequests } from './client-requests.ts';
import type { etcdParameters } from './etcd.parameters.ts';
import type { Member } from './member.ts';
import type { Members } from './members.ts';
import type { Operations } from './operations.ts';
import { type MemberId, NO_MEMBER } from './raft/index.ts';
import type { Seat } from './seat.ts';
import type { Watches } from './watches.ts';

/** A request that waits for a process that stands still. */
interface Held {
  readonly request: RequestId;
  readonly serial: number;
  /** Whether it was there before; it is overdue then. */
  readonly hasArrived: boolean;
}

/** What outages concern. */
export interface MemberOutagesOptions {
  readonly simulation: Simulation;
  readonly parameters: ValuesOf<typeof etcdParameters>;
  readonly requests: Requests;
  readonly waits: WaitLedger;
  readonly timeline: Timeline;
  readonly operations: Operations;
  readonly members: Members;
  readonly watches: Watches;
  readonly clientRequests: ClientRequests;
  /** Time after which a member that does not answer is taken for gone. */
  readonly keepAlive: Nanoseconds;
}

/** The outages of all members. */
export class MemberOutages {
  private readonly options: MemberOutagesOptions;
  /** By member: since when it knows no leader [ns], undefined = it knows one, state. */
  private readonly leaderlessSince: (SimTime | undefined)[] = [];
  /** By member: requests that wait for its process to go on; whether its keep-alives have failed, state. */
  private readonly held: Held[][] = [];
  private readonly hung: boolean[] = [];
  private readonly evNoLeader: EventType;
  private readonly evHung: EventType;
  private readonly waitLeader: number;

  constructor(options: MemberOutagesOptions) {
    const { simulation, waits } = options;
    this.options = options;
    this.evNoLeader = simulation.on('etcd.noLeader', (member, life) => this.onNoLeader(member, life));
    this.evHung = simulation.on('etcd.keepAliveFailed', (member, pause) => this.onHung(member, pause));
    this.waitLeader = waits.server('etcd leader', 'server');
  }

  /** Whether clients have given a member up that stands still. */
  isHung(member: MemberId): boolean {
    return this.hung[member] === true;
  }

  /** The deadline of a request has passed. */
  onTimeout(request: RequestId): void {
    const { requests, simulation } = this.options;
    const member = this.options.operations.memberOf(request);
    if (this.options.members.seat(member)?.member.isPaused === true) {
      this.hold(member, request, this.options.operations.serialOf(request), true);
      return;
    }
    const since = this.leaderlessSince[member];
    if (since !== undefined) {
      this.waitedForLeader(request, simulation.now - Math.max(since, requests.stageAt[request] as number));
    }
    this.options.clientRequests.fail(request);
  }

  // ---- a member that is gone or has no leader ------------------------------------------------------------------------------------------

  /** A member's process has ended. */
  onGone(member: Member): void {
    this.leaderlessSince[member.id] = undefined;
    this.held[member.id] = [];
    // A process that is killed while it stands still is missed no longer than until it is started again.
    this.hung[member.id] = false;
    for (const request of this.options.operations.openAt(member.id)) this.options.clientRequests.breakOff(request);
    this.options.watches.cancel(member, 'the member is gone');
  }

  /** A member knows another leader, or none. */
  onLeaderSeen(member: Member): void {
    const { simulation, parameters } = this.options;
    const since = this.leaderlessSince[member.id];
    if (member.node.leader === NO_MEMBER) {
      if (since !== undefined) return;
      this.leaderlessSince[member.id] = simulation.now;
      const span = parameters.watchLeaderTimeouts * parameters.electionTicks * parameters.heartbeatInterval;
      simulation.after(nanoseconds(span), this.evNoLeader, member.id, member.incarnation);
      return;
    }
    this.leaderlessSince[member.id] = undefined;
    if (since !== undefined) this.countLeaderless(member, since);
    this.options.watches.open();
  }

  /** Requests that waited at a member without a leader. */
  private countLeaderless(member: Member, since: SimTime): void {
    const { now } = this.options.simulation;
    for (const proposal of member.queued) {
      if (proposal.transaction !== undefined) {
        this.waitedForLeader(proposal.transaction.request, now - Math.max(since, proposal.since));
      }
      proposal.since = now;
    }
    for (const request of (this.options.members.seats[member.id] as Seat).reads.waiting) {
      this.waitedForLeader(request, now - Math.max(since, this.options.requests.stageAt[request] as number));
    }
  }

  private waitedForLeader(request: RequestId, waited: number): void {
    this.options.requests.addWait(request, WaitPlace.StoreLeader, waited);
    this.options.waits.passed(this.waitLeader, waited);
  }

  private onNoLeader(number: MemberId, life: number): void {
    const { member } = this.options.members.seats[number] as Seat;
    const since = this.leaderlessSince[number];
    const { simulation, parameters } = this.options;
    const span = parameters.watchLeaderTimeouts * parameters.electionTicks * parameters.heartbeatInterval;
    if (member.incarnation !== life || since === undefined || simulation.now - since < span) return;
    this.options.watches.cancel(member, 'there is no leader');
  }

  // ---- a process that stands still -----------------------------------------------------------------------------------------------

  /** A request waits until the member's process goes on. */
  hold(member: MemberId, request: RequestId, serial: number, hasArrived: boolean): void {
    this.held[member] ??= [];
    (this.held[member] as Held[]).push({ request, serial, hasArrived });
  }

  /** Fault: a member's process stands still; clients notice when a keep-alive stays without answer. */
  pause(seat: Seat): void {
    const { simulation, keepAlive } = this.options;
    const { member } = seat;
    member.pause();
    this.options.members.memberPaused(member);
    simulation.after(keepAlive, this.evHung, member.id, member.pauses);
  }

  /** It goes on: what came meanwhile is taken, what was overdue fails. */
  resume(seat: Seat): void {
    const { member } = seat;
    this.hung[member.id] = false;
    member.resume();
    this.options.members.memberResumed(member);
    const held = this.held[member.id] ?? [];
    this.held[member.id] = [];
    for (const { request, serial, hasArrived } of held) {
      if (!this.options.operations.isOpen(request, serial)) continue;
      if (hasArrived) this.options.clientRequests.fail(request);
      else this.options.clientRequests.take(seat, request);
    }
    this.options.watches.open();
  }

  private onHung(number: MemberId, pause: number): void {
    const { member } = this.options.members.seats[number] as Seat;
    if (!member.isPaused || member.pauses !== pause) return;
    this.hung[number] = true;
    this.options.timeline.record(member.name, 'does not answer keep-alives: connections are closed');
    for (const request of this.options.operations.openAt(number)) this.options.clientRequests.breakOff(request);
    this.options.watches.cancel(member, 'the member does not answer');
  }
}
