/**
 * Who votes and who only learns, and the single-step changes of it (raft dissertation, section 4.1). R:confchange/confchange.go.
 * Left out: joint consensus (etcd proposes only single steps).
 */

/** Number of a member; owners choose them, from 0 on. */
export type MemberId = number;

/** No member: no leader, no vote. */
export const NO_MEMBER: MemberId = -1;

/** The membership as of some index of the log; both lists ascend and share nobody. */
export interface Configuration {
  /** Members that vote and count for a quorum. */
  readonly voters: readonly MemberId[];
  /** Members that are sent the log, and never count. */
  readonly learners: readonly MemberId[];
}

/** Kinds of change. */
export const ChangeType = { AddVoter: 0, AddLearner: 1, Promote: 2, Remove: 3 } as const;
export type ChangeType = (typeof ChangeType)[keyof typeof ChangeType];

/** One step of change. */
export interface ConfigurationChange {
  readonly type: ChangeType;
  readonly member: MemberId;
}

/** The configuration after a change; the same object if the change does nothing (a voter added twice, nobody to promote, a last voter removed). */
export function changedConfiguration(configuration: Configuration, change: ConfigurationChange): Configuration {
  const { voters, learners } = configuration;
  const { member, type } = change;
  const isVoter = voters.includes(member);
  const isLearner = learners.includes(member);
  switch (type) {
    case ChangeType.AddVoter:
      return isVoter ? configuration : { voters: withMember(voters, member), learners: without(learners, member) };
    case ChangeType.AddLearner:
      return isVoter || isLearner ? configuration : { voters, learners: withMember(learners, member) };
    case ChangeType.Promote:
      return isLearner ? { voters: withMember(voters, member), learners: without(learners, member) } : configuration;
    case ChangeType.Remove:
      // Without a voter there would be nobody left to undo the removal.
      if ((!isVoter && !isLearner) || (isVoter && voters.length === 1)) return configuration;
      return { voters: without(voters, member), learners: without(learners, member) };
  }
}

/** Voters that make a quorum. */
export function quorumOf(configuration: Configuration): number {
  return Math.floor(configuration.voters.length / 2) + 1;
}

function withMember(members: readonly MemberId[], member: MemberId): MemberId[] {
  return [...members, member].sort((a, b) => a - b);
}

function without(members: readonly MemberId[], member: MemberId): MemberId[] {
  return members.filter((other) => other !== member);
}
