/** What gives way just beyond a limit: the objective or barrier that fails most often there, and where the work behind it waits. */

import type { ResolvedScenario } from '../../scenario/resolved-scenario.ts';
import { type BarrierVerdict, judgeBarriers } from '../barriers.ts';
import { type Bottleneck, findBottleneck } from '../bottleneck.ts';
import { judgeObjective, type ObjectiveOutcome } from '../objectives.ts';
import type { ReplicationResult } from '../replication-result.ts';

/** Failures nearest to the limit that are looked at. */
const NEAREST_FAILURES = 5;

/** One thing that must hold. */
export type Criterion =
  | { readonly kind: 'objective'; readonly outcome: ObjectiveOutcome }
  | { readonly kind: 'barrier'; readonly barrier: BarrierVerdict };

/** What gave way. */
export interface GivesWay {
  readonly criterion: Criterion;
  /** Of the failed probes nearest to the limit, those in which this failed. */
  readonly failedIn: number;
  readonly of: number;
  readonly bottleneck: Bottleneck;
  /** The server or limiter to lift; undefined if nothing waited. */
  readonly server: string | undefined;
}

/** A replication at a value, with what did not hold in it. */
export interface JudgedReplication {
  /** Place in the range, growing to where objectives fail. */
  readonly position: number;
  readonly scenario: ResolvedScenario;
  readonly result: ReplicationResult;
  /** Numbers of the objectives and barriers that failed: "objective 0", "barrier 1". */
  readonly failed: readonly string[];
}

/** Names of the objectives and barriers that do not hold in a replication. */
export function failedCriteria({ objectives }: ResolvedScenario, result: ReplicationResult): string[] {
  return [
    ...objectives.flatMap((objective, i) => (judgeObjective(objective, [result]).holds ? [] : [`objective ${i}`])),
    ...judgeBarriers([result]).flatMap(({ holds }, i) => (holds ? [] : [`barrier ${i}`])),
  ];
}

/** What gives way at a limit at `position`; undefined if nothing failed. */
export function findGivesWay(probes: readonly JudgedReplication[], position: number): GivesWay | undefined {
  const failures = probes.filter(({ failed }) => failed.length > 0);
  const beyond = failures.filter((probe) => probe.position >= position);
  const distance = (probe: JudgedReplication): number => Math.abs(probe.position - position);
  const nearest = [...(beyond.length > 0 ? beyond : failures)]
    .sort((a, b) => distance(a) - distance(b))
    .slice(0, NEAREST_FAILURES);
  const [first] = nearest;
  if (first === undefined) return undefined;
  const name = mostFrequent(nearest.flatMap(({ failed }) => failed));
  const failing = nearest.filter(({ failed }) => failed.includes(name)).map(({ result }) => result);
  const criterion = criterionOf(name, first.scenario, failing);
  const bottleneck =
    criterion.kind === 'objective'
      ? findBottleneck([criterion.outcome], [], failing)
      : findBottleneck([], [criterion.barrier], failing);
  return {
    criterion,
    failedIn: failing.length,
    of: nearest.length,
    bottleneck,
    server: serverOf(criterion, bottleneck),
  };
}

/** The most frequent name; of equally frequent ones the first in the scenario. */
function mostFrequent(names: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  // Objectives come before barriers, as the failed objective says more of the cause.
  const order = [...counts.keys()].sort((a, b) =>
    a.startsWith('o') === b.startsWith('o') ? a.localeCompare(b, 'en', { numeric: true }) : a < b ? 1 : -1,
  );
  return order.reduce(
    (best, name) => ((counts.get(name) ?? 0) > (counts.get(best) ?? 0) ? name : best),
    order[0] as string,
  );
}

function criterionOf(name: string, { objectives }: ResolvedScenario, failing: readonly ReplicationResult[]): Criterion {
  const [kind, number] = name.split(' ');
  const index = Number(number);
  if (kind === 'barrier') return { kind: 'barrier', barrier: judgeBarriers(failing)[index] as BarrierVerdict };
  return {
    kind: 'objective',
    outcome: judgeObjective(objectives[index] as ResolvedScenario['objectives'][number], failing),
  };
}

/** Objectives on a server's own metrics name the server themselves, whatever waited elsewhere. */
const SERVERS_OF_METRICS: readonly (readonly [metric: RegExp, server: string])[] = [
  [/^etcd_disk_/, 'etcd disk (WAL)'],
  [/^kubeproxy_/, 'kube-proxy syncs'],
];

function serverOf(criterion: Criterion, { places }: Bottleneck): string | undefined {
  if (criterion.kind === 'objective') {
    const { metric, labels } = criterion.outcome.objective;
    const named = labels.server ?? SERVERS_OF_METRICS.find(([pattern]) => pattern.test(metric))?.[1];
    if (named !== undefined) return named;
  }
  return places[0]?.server;
}
