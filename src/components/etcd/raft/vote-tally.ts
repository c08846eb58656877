/** The votes of one campaign. R:tracker/tracker.go:TallyVotes. */
import { type Configuration, type MemberId, quorumOf } from './configuration.ts';

/** How a campaign stands. */
export const VoteResult = { Pending: 0, Won: 1, Lost: 2 } as const;
export type VoteResult = (typeof VoteResult)[keyof typeof VoteResult];

/** Who answered, and what. */
export class VoteTally {
  /** First answer of each member, state. */
  private readonly votes = new Map<MemberId, boolean>();

  /** A member's answer; only its first one counts. */
  record(member: MemberId, isGranted: boolean): void {
    if (!this.votes.has(member)) this.votes.set(member, isGranted);
  }

  /** Won with a quorum of the voters, lost when no quorum is left to win. */
  result(configuration: Configuration): VoteResult {
    const { voters } = configuration;
    const quorum = quorumOf(configuration);
    const granted = voters.filter((member) => this.votes.get(member) === true).length;
    const refused = voters.filter((member) => this.votes.get(member) === false).length;
    if (granted >= quorum) return VoteResult.Won;
    return voters.length - refused < quorum ? VoteResult.Lost : VoteResult.Pending;
  }
}
