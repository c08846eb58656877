/** Where the time of a pod goes on its way to Ready, waiting or not: what the bottleneck, which counts waiting only, leaves open. */
import { measure } from './objectives.ts';
import type { ReplicationResult } from './replication-result.ts';

/** One phase of pod_startup_latency_seconds, over all replications. */
export interface StartupPhase {
  /** Label of the phase: create_to_schedule, schedule_to_run or run_to_watch. */
  readonly phase: string;
  /** Mean over the pods that came through it [s]. */
  readonly meanSeconds: number;
  /** Its part of the time of all phases, 0 to 1. */
  readonly share: number;
}

const PHASES = ['create_to_schedule', 'schedule_to_run', 'run_to_watch'] as const;

/** The phases, longest first; empty if no pod started while statistics were kept. */
export function startupPhases(replications: readonly ReplicationResult[]): StartupPhase[] {
  const totals = PHASES.map((phase) => ({ phase, sum: total(phase, 'sum'), count: total(phase, 'count') }));
  const whole = totals.reduce((sum, phase) => sum + phase.sum, 0);
  return totals
    .filter(({ count }) => count > 0)
    .map(({ phase, sum, count }) => ({ phase, meanSeconds: sum / count, share: whole > 0 ? sum / whole : 0 }))
    .sort((a, b) => b.share - a.share);

  function total(phase: string, statistic: 'sum' | 'count'): number {
    const of = { metric: 'pod_startup_latency_seconds', labels: { phase }, statistic };
    return replications.reduce((sum, { metrics }) => sum + (measure(of, metrics) ?? 0), 0);
  }
}
