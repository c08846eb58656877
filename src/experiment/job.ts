/** One replication as a piece of work that any thread can do. */
import type { ResolvedScenario } from '../scenario/resolved-scenario.ts';
import { runReplication } from './replication.ts';
import type { ReplicationResult } from './replication-result.ts';
import { type RunControl, ranToItsEnd } from './run-control.ts';
import { replicationSeed } from './seeds.ts';
import { simulatedPart } from './simulated-part.ts';

/** A replication to run. */
export interface Job {
  readonly scenario: ResolvedScenario;
  /** Seed of the run; the replication's own is derived from it. */
  readonly runSeed: string;
  /** Number of the replication, from 1. */
  readonly replication: number;
  /** Its place in the run's control, from 0, which no other job of the run has; the order of running may be another. */
  readonly index: number;
  /** A pod whose way through the schedulers is to be told: "namespace/name". */
  readonly explainPod?: string;
}

/**
 * Runs a job. Undefined if the run was stopped before it began, or if the job was given up; a replication that was stopped on the way
 * says so by its end reason. `heldBytes` tells what this thread holds, where somebody watches that.
 */
export function runJob(
  { scenario, runSeed, replication, index, explainPod }: Job,
  control: RunControl,
  heldBytes: () => number = () => 0,
): ReplicationResult | undefined {
  const goesOn = () => control.stopReason === undefined && !control.isGivenUp(index);
  if (!goesOn()) return undefined;
  control.report(index, { virtualTime: 0, events: 0 }, heldBytes());
  const result = runReplication(simulatedPart(scenario), {
    seed: replicationSeed(runSeed, replication),
    replication,
    ...(explainPod === undefined ? {} : { explainPod }),
    onProgress: (progress) => {
      control.report(index, progress, heldBytes());
      return goesOn();
    },
  });
  control.report(index, { virtualTime: scenario.until, events: result.events }, heldBytes());
  if (control.isGivenUp(index)) return undefined;
  const reason = control.stopReason;
  // The replication knows only that it was told to stop; why is known here.
  return ranToItsEnd(result.endReason) || reason === undefined ? result : { ...result, endReason: reason };
}
