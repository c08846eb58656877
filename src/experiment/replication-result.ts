/** What one replication yields: plain data, the same in process and from a worker. */
import type { ExplainedStep } from '../components/kube-scheduler/index.ts';
import type { FlowWaits, Happening, MetricsResult } from '../metrics/index.ts';
import type { Nanoseconds } from '../units/index.ts';
import type { FaultRecovery } from './recovery.ts';

/** How a barrier went. */
export interface BarrierOutcome {
  /** The barrier in words: "podsReady: all within 15m". */
  readonly description: string;
  readonly met: boolean;
  /** Instant from which `within` counts: the operations before it were done. */
  readonly began: Nanoseconds;
  /** Instant at which it was met, or at which the run ended. */
  readonly at: Nanoseconds;
  /** "2,310 of 3,000 pods Ready". */
  readonly state: string;
}

/** Why a run ended. */
export type EndReason =
  | 'operations done'
  | 'until reached'
  | 'stopped by --deadline'
  | 'stopped for memory'
  | 'interrupted';

/** The way of one pod through the schedulers of a replication. */
export interface PodExplanationResult {
  /** "namespace/name". */
  readonly pod: string;
  /** In the order of time; empty if no scheduler ever had it. */
  readonly steps: readonly ExplainedStep[];
  /** The pod whose name is nearest, where there is none of this one. */
  readonly nearest?: string;
  /** A pod of the run, where there is none of this name but others. */
  readonly example?: string;
  /** Whether there was a pod of this name at all. */
  readonly exists: boolean;
}

/** The result of one replication. */
export interface ReplicationResult {
  readonly replication: number;
  readonly seed: string;
  readonly endReason: EndReason;
  /** Virtual time at which it ended. */
  readonly endTime: Nanoseconds;
  /** Virtual time at which statistics began. */
  readonly statisticsFrom: Nanoseconds;
  readonly metrics: MetricsResult;
  readonly barriers: readonly BarrierOutcome[];
  readonly flows: readonly FlowWaits[];
  /** Simulation events processed. */
  readonly events: number;
  readonly fingerprint: string;
  /** Faults, elections, members that come and go: what happened beside the load, in the order of time. */
  readonly timeline: readonly Happening[];
  /** What came of each fault, and when it was over. */
  readonly recoveries: readonly FaultRecovery[];
  /** Notable things in words, each once: "etcd leader lost at 5m0s, new leader after 1.6s". */
  readonly notes: readonly string[];
  /** The pod that was asked for; undefined = none was. */
  readonly explanation?: PodExplanationResult;
}
