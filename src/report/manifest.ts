/** `manifest.json`: what ran, with what, how long it took, and the fingerprints that prove it again. */
import { type EndReason, judge, replicationSeed, type ScenarioRun, type StopReason } from '../experiment/index.ts';
import type { ParameterOverride, ResolvedScenario } from '../scenario/resolved-scenario.ts';
import { toSeconds } from '../units/index.ts';
import type { Assumption } from './parameters-in-play.ts';

/** What the run's surroundings tell; everything else follows from the run. */
export interface RunFacts {
  /** Version of the program. */
  readonly version: string;
  /** Commit of its sources, null if unknown (installed from a package). */
  readonly gitCommit: string | null;
  readonly nodeVersion: string;
  /** What was typed, to type it again. */
  readonly command: readonly string[];
  /** When it began, ISO 8601 UTC. */
  readonly startedAt: string;
  readonly wallSeconds: number;
  /** CPU time of all threads. */
  readonly cpuSeconds: number;
  readonly peakMemoryBytes: number;
  readonly workers: number;
}

/** The manifest of a run or sweep. */
export interface Manifest extends Omit<RunFacts, 'version' | 'gitCommit'> {
  readonly program: { readonly name: 'plimsoll'; readonly version: string; readonly gitCommit: string | null };
  readonly seed: string;
  readonly events: number;
  readonly eventsPerSecond: number;
  /** Why it ended: who stopped it, otherwise how its replications ended. */
  readonly endReason: EndReason;
  readonly runs: readonly ManifestRun[];
  readonly assumptions: readonly Assumption[];
}

/** One point of the manifest: a plain run has one. */
export interface ManifestRun {
  readonly variant: string;
  /** Whether every objective and barrier held. */
  readonly holds: boolean;
  readonly planned: number;
  readonly replications: readonly {
    readonly replication: number;
    readonly seed: string;
    readonly endReason: EndReason;
    readonly endTime_s: number;
    readonly events: number;
    readonly fingerprint: string;
  }[];
  /** Seeds of the replications that did not begin. */
  readonly notRun: readonly string[];
  /** Every value that differs from its default, and who changed it. */
  readonly differsFromDefault: readonly ParameterOverride[];
  readonly scenario: ResolvedScenario;
}

/** Builds the manifest; `stopReason` is why the run was stopped before its end, if it was. */
export function buildManifest(
  runs: readonly ScenarioRun[],
  facts: RunFacts,
  assumptions: readonly Assumption[],
  stopReason: StopReason | undefined,
): Manifest {
  const replications = runs.flatMap((run) => run.replications);
  const events = replications.reduce((sum, { events: n }) => sum + n, 0);
  const reachedUntil = replications.some(({ endReason }) => endReason === 'until reached');
  const { version, gitCommit, ...surroundings } = facts;
  const { wallSeconds } = surroundings;
  return {
    program: { name: 'plimsoll', version, gitCommit },
    ...surroundings,
    seed: runs[0]?.seed ?? '',
    events,
    eventsPerSecond: wallSeconds > 0 ? Math.round(events / wallSeconds) : 0,
    endReason: stopReason ?? (reachedUntil ? 'until reached' : 'operations done'),
    runs: runs.map(manifestRun),
    assumptions,
  };
}

function manifestRun(run: ScenarioRun): ManifestRun {
  const { scenario, variant, seed, planned, replications } = run;
  const ran = new Set(replications.map(({ replication }) => replication));
  const numbers = Array.from({ length: planned }, (_, i) => i + 1);
  return {
    variant,
    holds: judge(run).holds,
    planned,
    replications: replications.map(({ replication, seed: own, endReason, endTime, events, fingerprint }) => {
      return { replication, seed: own, endReason, endTime_s: toSeconds(endTime), events, fingerprint };
    }),
    notRun: numbers.filter((n) => !ran.has(n)).map((n) => replicationSeed(seed, n)),
    differsFromDefault: scenario.overrides,
    scenario,
  };
}
