/** The verdict of a run: which objectives and barriers held, what gave way first, and why the run ended. */
import type { Nanoseconds } from '../units/index.ts';
import { type BarrierVerdict, judgeBarriers } from './barriers.ts';
import { type Bottleneck, findBottleneck, findPaceSetter } from './bottleneck.ts';
import { judgeObjective, type ObjectiveOutcome } from './objectives.ts';
import { type StartupPhase, startupPhases } from './pod-startup.ts';
import type { EndReason } from './replication-result.ts';
import { ranToItsEnd } from './run-control.ts';
import type { ScenarioRun } from './run-scenario.ts';

/** Replications that ended for one reason. */
export interface Ending {
  readonly reason: EndReason;
  readonly replications: number;
  /** Latest virtual time among them. */
  readonly latest: Nanoseconds;
}

/** What a run amounts to. */
export interface Verdict {
  /** All objectives and barriers held in every replication asked for. */
  readonly holds: boolean;
  /** Whether every replication asked for ran to its own end. */
  readonly complete: boolean;
  readonly objectives: readonly ObjectiveOutcome[];
  readonly barriers: readonly BarrierVerdict[];
  readonly bottleneck: Bottleneck;
  /** What sets the pace at which pods become Ready; undefined if no pod waited. */
  readonly pace: Bottleneck | undefined;
  /** Where the time of a pod went on its way to Ready, longest first; empty if no pod started. */
  readonly startup: readonly StartupPhase[];
  readonly endings: readonly Ending[];
  /** Kinds and fields accepted without effect, once each, sorted. */
  readonly acceptedWithoutEffect: readonly string[];
  /** Notable things that replications told, once each. */
  readonly notes: readonly string[];
}

/** Judges a run. */
export function judge(run: ScenarioRun): Verdict {
  const { scenario, replications, planned } = run;
  const objectives = scenario.objectives.map((objective) => judgeObjective(objective, replications));
  const barriers = judgeBarriers(replications);
  const complete = replications.length === planned && replications.every(({ endReason }) => ranToItsEnd(endReason));
  return {
    holds: complete && objectives.every(({ holds }) => holds) && barriers.every(({ holds }) => holds),
    complete,
    objectives,
    barriers,
    bottleneck: findBottleneck(objectives, barriers, replications),
    pace: findPaceSetter(replications),
    startup: startupPhases(replications),
    endings: endingsOf(run),
    acceptedWithoutEffect: scenario.acceptedWithoutEffect,
    notes: [...new Set(replications.flatMap(({ notes }) => notes))],
  };
}

function endingsOf({ replications }: ScenarioRun): Ending[] {
  const endings = new Map<EndReason, Ending>();
  for (const { endReason: reason, endTime } of replications) {
    const known = endings.get(reason) ?? { reason, replications: 0, latest: 0 as Nanoseconds };
    const latest = Math.max(known.latest, endTime) as Nanoseconds;
    endings.set(reason, { reason, replications: known.replications + 1, latest });
  }
  return [...endings.values()];
}
