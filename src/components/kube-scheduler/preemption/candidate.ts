/** Nodes on which a pod would fit if some pods went, and the choice among them. K:pkg/scheduler/framework/preemption (pickOneNodeForPreemption). */
import type { Victim } from './victim.ts';

/** A node and the pods that would have to go. */
export interface Candidate {
  readonly slot: number;
  /** At least one, the most important first. */
  readonly victims: readonly Victim[];
  /** Victims whose removal breaks a disruption budget. */
  readonly violations: number;
}

/** Added to every priority, so that none is negative and more victims never look better. */
const PRIORITY_OFFSET = 2 ** 31;

/** What is compared, one after the other; the lowest is best. */
const criteria: readonly ((candidate: Candidate) => number)[] = [
  ({ violations }) => violations,
  ({ victims }) => priorityOf(victims[0] as Victim),
  ({ victims }) => victims.reduce((sum, victim) => sum + priorityOf(victim) + PRIORITY_OFFSET, 0),
  ({ victims }) => victims.length,
  // The latest start is best: the time that is lost is the shortest.
  (candidate) => -earliestStart(candidate),
];

/** The best candidate: the first of those that no criterion tells apart. */
export function chooseCandidate(candidates: readonly Candidate[]): Candidate | undefined {
  let left = candidates;
  for (const criterion of criteria) {
    if (left.length <= 1) break;
    const values = left.map(criterion);
    const best = Math.min(...values);
    left = left.filter((_, index) => values[index] === best);
  }
  return left[0];
}

/** Earliest start among the victims of the highest priority (GetEarliestPodStartTime). */
function earliestStart({ victims }: Candidate): number {
  const highest = Math.max(...victims.map(priorityOf));
  return Math.min(...victims.filter((victim) => priorityOf(victim) === highest).map(({ startedAt }) => startedAt));
}

function priorityOf({ requirements }: Victim): number {
  return requirements.template.priority;
}
