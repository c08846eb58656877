/**
 * What breaks at members and between them, and is whole again after a time. A member that does not run, or is not there, is left alone, and the timeline
 * says so.
 */
import type { EventType, Simulation } from '../../engine/index.ts';
import type { Timeline } from '../../metrics/index.ts';
import { type Nanoseconds, NS_PER_SECOND, nanoseconds } from '../../units/index.ts';
import type { MemberOutages } from './member-outages.ts';
import type { Members } from './members.ts';
import type { MemberId } from './raft/index.ts';
import type { Seat } from './seat.ts';

/** A member by its number, or by its part when the fault strikes; a follower is the first that runs. */
export type MemberChoice = number | 'leader' | 'follower';

/** What faults strike. */
export interface MemberFaultsOptions {
  readonly simulation: Simulation;
  readonly timeline: Timeline;
  readonly members: Members;
  readonly outages: MemberOutages;
}

/** A disk whose syncs take longer. */
interface SlowDisk {
  readonly seat: Seat;
  readonly factor: number;
  readonly added: Nanoseconds;
}

/** Links that are slow or lossy: those of one member, undefined = of all. */
interface BadLinks {
  readonly only: MemberId | undefined;
  readonly added: Nanoseconds;
  readonly loss: number;
}

/** The faults of one cluster. */
export class MemberFaults {
  private readonly options: MemberFaultsOptions;
  private readonly evOver: EventType;
  /** What ends a fault, by the number of the fault, state. */
  private readonly endings = new Map<number, () => void>();
  private lastFault = 0;
  /** Faults of disks and links that are not over, state. */
  private readonly slowDisks = new Set<SlowDisk>();
  private readonly fullDisks = new Set<{ readonly seat: Seat }>();
  private readonly badLinks = new Set<BadLinks>();

  constructor(options: MemberFaultsOptions) {
    this.options = options;
    this.evOver = options.simulation.on('etcd.faultOver', (fault) => {
      this.endings.get(fault)?.();
      this.endings.delete(fault);
    });
  }

  /** The process is killed; it is started again after `duration`, null = never. */
  kill(choice: MemberChoice, duration: Nanoseconds | null): void {
    const seat = this.chooseUp(choice);
    if (seat !== undefined) this.options.members.end(seat, 'is killed', duration);
  }

  /** The process stands still for a while. */
  pause(choice: MemberChoice, duration: Nanoseconds): void {
    const { outages } = this.options;
    const seat = this.chooseUp(choice);
    if (seat === undefined) return;
    if (seat.member.isPaused) {
      this.strikesNobody(`${seat.member.name} stands still already`);
      return;
    }
    outages.pause(seat);
    const { incarnation } = seat.member;
    this.after(duration, () => {
      if (seat.member.isPaused && seat.member.incarnation === incarnation) outages.resume(seat);
    });
  }

  /** Syncs of the member's disk take `factor` times as long and `added` longer for a while; several such faults add up. */
  slowDisk(choice: MemberChoice, factor: number, added: Nanoseconds, duration: Nanoseconds): void {
    const seat = this.choose(choice);
    if (seat === undefined) return;
    const fault = { seat, factor, added };
    this.slowDisks.add(fault);
    this.setDisk(seat);
    this.options.timeline.record(seat.member.name, 'has a slow disk');
    this.after(duration, () => {
      this.slowDisks.delete(fault);
      const isSlow = this.setDisk(seat);
      this.options.timeline.record(seat.member.name, isSlow ? 'has a less slow disk' : 'has its usual disk again');
    });
  }

  /** The disk of a member is as all faults together make it; true if any does. */
  private setDisk(seat: Seat): boolean {
    const faults = [...this.slowDisks].filter((fault) => fault.seat === seat);
    const factor = faults.reduce((product, fault) => product * fault.factor, 1);
    const added = faults.reduce((sum, fault) => sum + fault.added, 0);
    seat.member.log.slowDown(factor, nanoseconds(added));
    return faults.length > 0;
  }

  /** The member's disk is full: its next write ends the process, which is started again when there is room. */
  fillDisk(choice: MemberChoice, duration: Nanoseconds): void {
    const seat = this.choose(choice);
    if (seat === undefined) return;
    const { timeline, members } = this.options;
    const fault = { seat };
    this.fullDisks.add(fault);
    seat.member.isDiskFull = true;
    timeline.record(seat.member.name, 'has a full disk');
    this.after(duration, () => {
      this.fullDisks.delete(fault);
      if ([...this.fullDisks].some((other) => other.seat === seat)) return;
      seat.member.isDiskFull = false;
      timeline.record(seat.member.name, 'has room on its disk again');
      if (seat.hasPanicked) members.startAfter(seat, nanoseconds(0));
    });
  }

  /** Members are cut off from all others for a while; among themselves they are not. */
  partition(choices: readonly MemberChoice[], duration: Nanoseconds): void {
    const { timeline, members } = this.options;
    const cut = new Set(choices.map((choice) => this.choose(choice)?.member.id));
    const everybody = members.seats.map(({ member }) => member.id);
    const names = everybody.filter((id) => cut.has(id));
    if (names.length === 0) return;
    const pairs = everybody.flatMap((one) => everybody.map((other) => [one, other] as const));
    const severed = pairs.filter(([one, other]) => cut.has(one) !== cut.has(other));
    const told = names.length === 1 ? `member ${names[0]} is` : `members ${names.join(', ')} are`;
    timeline.record('etcd', `${told} cut off from the others`);
    for (const [from, to] of severed) members.network.setCut(from, to, true);
    this.after(duration, () => {
      for (const [from, to] of severed) members.network.setCut(from, to, false);
      timeline.record('etcd', `${told} connected again`);
    });
  }

  /** Messages between all members, or to and from one, take longer, and packets are lost, for a while; several such faults add up. */
  worsenLinks(choice: MemberChoice | undefined, added: Nanoseconds, loss: number, duration: Nanoseconds): void {
    const { timeline } = this.options;
    const only = choice === undefined ? undefined : this.choose(choice)?.member.id;
    if (choice !== undefined && only === undefined) return;
    const fault = { only, added, loss };
    const subject = only === undefined ? 'etcd' : `etcd member ${only}`;
    timeline.record(subject, 'has bad links between members');
    this.badLinks.add(fault);
    this.setLinks();
    this.after(duration, () => {
      this.badLinks.delete(fault);
      this.setLinks();
      timeline.record(subject, this.badLinks.size > 0 ? 'has better links' : 'has good links between members again');
    });
  }

  /** All links are as all faults together make them. */
  private setLinks(): void {
    const { seats, network } = this.options.members;
    for (const { member: one } of seats) {
      for (const { member: other } of seats) {
        if (one === other) continue;
        const faults = [...this.badLinks].filter(
          ({ only }) => only === undefined || one.id === only || other.id === only,
        );
        const added = faults.reduce((sum, fault) => sum + fault.added, 0);
        const arriving = faults.reduce((share, { loss }) => share * (1 - loss), 1);
        network.setQuality(one.id, other.id, nanoseconds(added), 1 - arriving);
      }
    }
  }

  /** The member that is meant; undefined, with a word about it, if there is none. */
  choose(choice: MemberChoice): Seat | undefined {
    const { members } = this.options;
    const { leader } = members;
    const { voters } = members.configuration;
    const seat = members.seats.find(({ member }) => {
      if (choice === 'leader') return member === leader;
      if (choice === 'follower') return member !== leader && member.isRunning && voters.includes(member.id);
      return member.id === choice;
    });
    if (seat === undefined) this.strikesNobody(`there is no etcd member ${choice}`);
    return seat;
  }

  /** Who wrote the fault learns of it in the verdict too: a run without harm would else pass for a test of it. */
  private strikesNobody(why: string): void {
    const { members, simulation, timeline } = this.options;
    timeline.record('fault', `strikes nobody: ${why}`);
    members.history.notes.push(
      `the fault of etcd at ${(simulation.now / NS_PER_SECOND).toFixed(0)} s struck nobody: ${why}`,
    );
  }

  /** The member that is meant, if its process exists. */
  private chooseUp(choice: MemberChoice): Seat | undefined {
    const seat = this.choose(choice);
    if (seat === undefined || seat.member.isUp) return seat;
    this.strikesNobody(`${seat.member.name} does not run`);
    return undefined;
  }

  private after(duration: Nanoseconds, ending: () => void): void {
    this.lastFault++;
    this.endings.set(this.lastFault, ending);
    this.options.simulation.after(duration, this.evOver, this.lastFault);
  }
}
