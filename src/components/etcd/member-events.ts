/** Events that the members share; the first argument is the member, the second the life of its process or clock. */
import type { EventType } from '../../engine/index.ts';
import type { Member } from './member.ts';
import type { ReadState } from './raft/index.ts';

/** The events, and where answers to reads go. */
export interface MemberEvents {
  readonly tick: EventType;
  /** A write of the log is durable. */
  readonly written: EventType;
  /** Reads may be served. */
  readonly onReadStates: (member: Member, states: readonly ReadState[]) => void;
}
