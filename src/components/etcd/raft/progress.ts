/**
 * What a leader knows of one follower, and how it sends to it. R:tracker/progress.go.
 * Probe: one message, then a pause until an answer or a heartbeat's response. Replicate: on and on, up to the in-flight limit. Snapshot: nothing until
 * the snapshot has arrived or failed.
 */
import type { MemberId } from './configuration.ts';
import { InFlightWindow } from './in-flight-window.ts';

/** Ways of sending. */
export const ProgressState = { Probe: 0, Replicate: 1, Snapshot: 2 } as const;
export type ProgressState = (typeof ProgressState)[keyof typeof ProgressState];

/** One follower or learner. */
export class Progress {
  readonly member: MemberId;
  /** Whether it only learns, state. */
  isLearner: boolean;
  /** How it is sent to, state. */
  state: ProgressState = ProgressState.Probe;
  /** Last entry that is known to be durable there, state. */
  match = 0;
  /** First entry to send next, state. */
  next: number;
  /** Index of the snapshot on its way, 0 for none, state. */
  pendingSnapshot = 0;
  /** Heard from since the last quorum check, state. */
  isActive = false;
  /** Nothing is sent until an answer comes, state. */
  isPaused = false;
  /** A message is due even if there are no entries for it, state. */
  isProbeDue = false;
  /** Highest commit index that it was told, state. */
  sentCommit = 0;
  /** Last read round that it has acknowledged, state. */
  readRound = 0;
  readonly inFlight: InFlightWindow;

  constructor(member: MemberId, isLearner: boolean, next: number, maximumInFlight: number) {
    this.member = member;
    this.isLearner = isLearner;
    this.next = next;
    this.inFlight = new InFlightWindow(maximumInFlight);
  }

  /** Whether there is anything to send now. */
  wantsAppend(lastIndex: number, commit: number): boolean {
    if (this.isPaused || this.state === ProgressState.Snapshot) return false;
    return this.isProbeDue || this.mayTakeEntries(lastIndex) || this.lacksCommit(commit);
  }

  /** Whether there are entries that it may be sent now. */
  mayTakeEntries(lastIndex: number): boolean {
    return this.next <= lastIndex && (this.state !== ProgressState.Replicate || !this.inFlight.isFull);
  }

  /** Whether it has been sent entries that it does not know to be committed. */
  private lacksCommit(commit: number): boolean {
    return commit > this.sentCommit && this.sentCommit < this.next - 1;
  }

  /** An append message with this many entries was sent. */
  sentAppend(entries: number, commit: number): void {
    this.isProbeDue = false;
    this.sentCommit = commit;
    if (this.state === ProgressState.Probe) {
      this.isPaused = true;
      return;
    }
    if (entries > 0) {
      this.next += entries;
      this.inFlight.add(this.next - 1);
    }
    this.isPaused = this.inFlight.isFull;
  }

  /** Entries up to `index` are durable there. False if that is no news. */
  acknowledge(index: number): boolean {
    if (index <= this.match) return false;
    this.match = index;
    this.next = Math.max(this.next, index + 1);
    this.isPaused = false;
    return true;
  }

  /** It refused entries behind `refused`, and could agree at `hint`. False if the refusal is an old one. */
  refuse(refused: number, hint: number): boolean {
    if (this.state === ProgressState.Replicate) {
      if (refused <= this.match) return false;
      this.becomeProbe();
      return true;
    }
    if (this.next - 1 !== refused) return false;
    this.next = Math.max(Math.min(refused, hint + 1), this.match + 1);
    this.sentCommit = Math.min(this.sentCommit, this.next - 1);
    this.isPaused = false;
    return true;
  }

  /** It is not known where its log agrees, but for a snapshot that has arrived. */
  becomeProbe(): void {
    this.next = Math.max(this.match, this.pendingSnapshot) + 1;
    this.reset(ProgressState.Probe);
    this.sentCommit = Math.min(this.sentCommit, this.next - 1);
  }

  /** It agrees with the leader's log at `match`; a snapshot that it took may have been an older one than that sent. */
  becomeReplicate(): void {
    this.next = this.match + 1;
    this.reset(ProgressState.Replicate);
  }

  /** The follower is sent the state up to an index. */
  becomeSnapshot(index: number): void {
    this.reset(ProgressState.Snapshot);
    this.pendingSnapshot = index;
    this.next = index + 1;
    this.sentCommit = index;
  }

  private reset(state: ProgressState): void {
    this.state = state;
    this.isPaused = false;
    this.pendingSnapshot = 0;
    this.inFlight.clear();
  }
}
