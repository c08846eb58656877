/**
 * Who asks for the alarm NOSPACE to be raised, and who for its end: a member that has no room for a put or a lease asks for it by an entry of its own,
 * an operator disarms it by another. E:server/etcdserver/api/v3rpc/quota.go, server/etcdserver/server.go:applyEntryNormal.
 *
 * Left out: a member asks with every put that it refuses; here once, and again when the leader has changed, for the entry may be lost.
 */
import type { Timeline } from '../../metrics/index.ts';
import type { Member } from './member.ts';
import type { Command, SpaceAlarm } from './mvcc/index.ts';

/** What asking needs. */
export interface AlarmRequestsOptions {
  readonly timeline: Timeline;
  /** The alarm as the entries have set it. */
  readonly alarm: SpaceAlarm;
  /** Proposes at the leader; lost if there is none. */
  readonly propose: (command: Command, done?: () => void) => void;
}

/** The requests of one cluster. */
export class AlarmRequests {
  private readonly options: AlarmRequestsOptions;
  /** Whether a member has asked for the alarm, state. */
  private hasAsked = false;

  constructor(options: AlarmRequestsOptions) {
    this.options = options;
  }

  /** A member has no room. */
  raise(member: Member): void {
    if (this.hasAsked) return;
    this.hasAsked = true;
    const { timeline, propose } = this.options;
    timeline.disturb(member.name, 'has no space left: the alarm NOSPACE is raised, writes are refused');
    propose({ type: 'raiseAlarm', member: member.id });
  }

  /** An operator says that there is space again. */
  disarm(): void {
    const { timeline, propose } = this.options;
    propose({ type: 'disarmAlarm' }, () => {
      this.hasAsked = false;
      timeline.record('etcd', 'the alarm NOSPACE is disarmed');
    });
  }

  /** What was proposed to another leader may be lost. */
  leaderChanged(): void {
    this.hasAsked = this.options.alarm.isRaised;
  }
}
