/** Barriers over replications: each must be met in every one. */
import type { Nanoseconds } from '../units/index.ts';
import type { ReplicationResult } from './replication-result.ts';

/** How one barrier went over all replications. */
export interface BarrierVerdict {
  /** The barrier in words. */
  readonly description: string;
  readonly metIn: number;
  readonly of: number;
  /** Latest instant at which a replication met it, or ended without. */
  readonly latest: Nanoseconds;
  /** Longest wait for it in a replication, met or not. */
  readonly longest: Nanoseconds;
  /** State in the first replication that did not meet it, otherwise in the first one. */
  readonly state: string;
  readonly holds: boolean;
}

/** Judges the barriers; a scenario's replications have the same ones in the same order, and one that ended early may lack the last. */
export function judgeBarriers(replications: readonly ReplicationResult[]): BarrierVerdict[] {
  const most = replications.reduce<ReplicationResult | undefined>(
    (known, replication) =>
      known === undefined || replication.barriers.length > known.barriers.length ? replication : known,
    undefined,
  );
  return (most?.barriers ?? []).map(({ description }, i) => {
    const outcomes = replications.flatMap(({ barriers }) => barriers[i] ?? []);
    const metIn = outcomes.filter(({ met }) => met).length;
    const shown = outcomes.find(({ met }) => !met) ?? outcomes[0];
    return {
      description,
      metIn,
      of: replications.length,
      latest: Math.max(...outcomes.map(({ at }) => at)) as Nanoseconds,
      longest: Math.max(...outcomes.map(({ began, at }) => at - began)) as Nanoseconds,
      state: shown?.state ?? '',
      holds: metIn === replications.length,
    };
  });
}
