/** Seeds of replications: a pure function of the run's seed, so that adding replications later changes none of the earlier ones. */

/** Seed of a run that does not say one: runs are reproducible without anyone asking for it. */
export const DEFAULT_SEED = '1';

/** Seed of replication `replication` (1, 2, …). Variants of a comparison share it: common random numbers. */
export function replicationSeed(runSeed: string, replication: number): string {
  return `${runSeed}-${replication}`;
}
