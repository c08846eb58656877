/**
 * What breaks at members and between them, and is whole again after a time. A member that does not run, or is not there, is left alone, and the timeline
 * says so.
 */
import type { EventType, Simulation } from '../../engine/index.ts';
import type { Timeline } from '../../metrics/index.ts';
import { type Nanoseconds, nanoseconds } from '../../units/index.ts';
import type { MemberOutages } from './member-outages.ts';
import type { Members, Seat } from './members.ts';

/** A member by its number, or by its part when the fault strikes; a follower is the first that runs. */
export type MemberChoice = number | 'leader' | 'follower';

/** What faults strike. */
export interface MemberFaultsOptions {
  readonly simulation: Simulation;
  readonly timeline: Timeline;
  readonly members: Members;
  readonly outages: MemberOutages;
}

/** The faults of one cluster. */
export class MemberFaults {
  private readonly options: MemberFaultsOptions;
  private readonly evOver: EventType;
  /** What ends a fault, by the number of the fault, state. */
  private readonly endings = new Map<number, () => void>();
  private lastFault = 0;

  constructor(options: MemberFaultsOptions) {
    this.options = options;
    this.evOver = options.simulation.on('etcd.faultOver', (fault) => {
      this.endings.get(fault)?.();
      this.endings.delete(fault);
    });
  }

  /** The process is killed; it is started again after `duration`, null = never. */
  kill(choice: MemberChoice, duration: Nanoseconds | null): void {
    const seat = this.choose(choice);
    if (seat !== undefined) this.options.members.end(seat, 'is killed', duration);
  }

  /** The process stands still for a while. */
  pause(choice: MemberChoice, duration: Nanoseconds): void {
    const { outages } = this.options;
    const seat = this.choose(choice);
    if (seat?.member.isRunning !== true) return;
    outages.pause(seat);
    const { incarnation } = seat.member;
    this.after(duration, () => {
      if (seat.member.isPaused && seat.member.incarnation === incarnation) outages.resume(seat);
    });
  }

  /** Syncs of the member's disk take `factor` times as long and `added` longer for a while. */
  slowDisk(choice: MemberChoice, factor: number, added: Nanoseconds, duration: Nanoseconds): void {
    const seat = this.choose(choice);
    if (seat === undefined) return;
    const { timeline } = this.options;
    seat.member.log.slowDown(factor, added);
    timeline.record(seat.member.name, 'has a slow disk');
    this.after(duration, () => {
      seat.member.log.slowDown(1, nanoseconds(0));
      timeline.record(seat.member.name, 'has its usual disk again');
    });
  }

  /** The member's disk is full: its next write ends the process, which is started again when there is room. */
  fillDisk(choice: MemberChoice, duration: Nanoseconds): void {
    const seat = this.choose(choice);
    if (seat === undefined) return;
    const { timeline, members } = this.options;
    seat.member.isDiskFull = true;
    timeline.record(seat.member.name, 'has a full disk');
    this.after(duration, () => {
      seat.member.isDiskFull = false;
      timeline.record(seat.member.name, 'has room on its disk again');
      if (!seat.member.isUp) members.startAfter(seat, nanoseconds(0));
    });
  }

  /** Members are cut off from all others for a while; among themselves they are not. */
  partition(choices: readonly MemberChoice[], duration: Nanoseconds): void {
    const { timeline, members } = this.options;
    const cut = new Set(choices.map((choice) => this.choose(choice)?.member.id));
    const set = (isCut: boolean) => {
      for (const { member: one } of members.seats) {
        for (const { member: other } of members.seats) {
          if (cut.has(one.id) !== cut.has(other.id)) members.network.setCut(one.id, other.id, isCut);
        }
      }
    };
    const names = members.seats.filter(({ member }) => cut.has(member.id)).map(({ member }) => member.id);
    if (names.length === 0) return;
    timeline.record('etcd', `members ${names.join(', ')} are cut off from the others`);
    set(true);
    this.after(duration, () => {
      set(false);
      timeline.record('etcd', `members ${names.join(', ')} are connected again`);
    });
  }

  /** Messages between all members, or to and from one, take longer, and packets are lost, for a while. */
  worsenLinks(choice: MemberChoice | undefined, added: Nanoseconds, loss: number, duration: Nanoseconds): void {
    const { timeline, members } = this.options;
    const only = choice === undefined ? undefined : this.choose(choice)?.member.id;
    if (choice !== undefined && only === undefined) return;
    const set = (delay: Nanoseconds, lost: number) => {
      for (const { member: one } of members.seats) {
        for (const { member: other } of members.seats) {
          const isMeant = only === undefined || one.id === only || other.id === only;
          if (one !== other && isMeant) members.network.setQuality(one.id, other.id, delay, lost);
        }
      }
    };
    const subject = only === undefined ? 'etcd' : `etcd member ${only}`;
    timeline.record(subject, 'has bad links between members');
    set(added, loss);
    this.after(duration, () => {
      set(nanoseconds(0), 0);
      timeline.record(subject, 'has good links between members again');
    });
  }

  /** The member that is meant; undefined, with a word in the timeline, if there is none. */
  choose(choice: MemberChoice): Seat | undefined {
    const { members, timeline } = this.options;
    const { leader } = members;
    const { voters } = members.configuration;
    const seat = members.seats.find(({ member }) => {
      if (choice === 'leader') return member === leader;
      if (choice === 'follower') return member !== leader && member.isRunning && voters.includes(member.id);
      return member.id === choice;
    });
    if (seat === undefined) timeline.record('fault', `strikes nobody: there is no etcd member ${choice}`);
    return seat;
  }

  private after(duration: Nanoseconds, ending: () => void): void {
    this.lastFault++;
    this.endings.set(this.lastFault, ending);
    this.options.simulation.after(duration, this.evOver, this.lastFault);
  }
}
