/**
 * The bottleneck: the server or limiter where the requests of the failed (or tightest) objective spent most of their waiting time;
 * not the one with the highest utilisation, which may delay nobody who matters.
 */
import { FLOW_ALL, FLOW_POD_CREATION, FLOW_POD_STARTUP, type ServerKind } from '../metrics/index.ts';
import { NS_PER_SECOND } from '../units/index.ts';
import type { BarrierVerdict } from './barriers.ts';
import { measure, type ObjectiveOutcome } from './objectives.ts';
import type { ReplicationResult } from './replication-result.ts';

/** One place of waiting, with its part of the flow's waiting time. */
export interface WaitingPlace {
  readonly server: string;
  readonly kind: ServerKind;
  /** Share of the flow's waiting time, 0 to 1. */
  readonly share: number;
  /** Waiting time over all replications [s]. */
  readonly waitSeconds: number;
  /** Waits that were longer than 0. */
  readonly waits: number;
}

/** What chose the flow whose waits are counted. */
export type BottleneckReason =
  | { readonly kind: 'failed objective' | 'tightest objective'; readonly outcome: ObjectiveOutcome }
  | { readonly kind: 'failed barrier'; readonly barrier: BarrierVerdict }
  | { readonly kind: 'pace' }
  | { readonly kind: 'no objective' };

/** What gave way first, and why it is the one that is named. */
export interface Bottleneck {
  /** The class of work whose waits were counted: "POST pods", "pod_startup", "all". */
  readonly flow: string;
  readonly reason: BottleneckReason;
  /** Where it waited, longest first; the first is the bottleneck. Empty if nothing waited. */
  readonly places: readonly WaitingPlace[];
  /** All this waiting as a share of the time that the objective's metric measured, at most 1; undefined if it measures other work. */
  readonly shareOfMeasured: number | undefined;
}

/** Names the bottleneck. */
export function findBottleneck(
  objectives: readonly ObjectiveOutcome[],
  barriers: readonly BarrierVerdict[],
  replications: readonly ReplicationResult[],
): Bottleneck {
  const reason = reasonOf(objectives, barriers);
  const known = [...new Set(replications.flatMap(({ flows }) => flows.map(({ flow }) => flow)))].sort();
  const { name, flows } = selectFlows(reason, known);
  const places = placesOf(new Set(flows), replications);
  return { flow: name, reason, places, shareOfMeasured: shareOfMeasured(reason, name, places, replications) };
}

/** Waiting as a share of what the metric of the objective that chose the flow measured in all; undefined where it measured other work too. */
function shareOfMeasured(
  reason: BottleneckReason,
  flow: string,
  places: readonly WaitingPlace[],
  replications: readonly ReplicationResult[],
): number | undefined {
  if (reason.kind !== 'failed objective' && reason.kind !== 'tightest objective') return undefined;
  const { objective } = reason.outcome;
  const { metric, labels } = objective;
  const isWholeStart = metric === 'pod_startup_latency_seconds' && labels.phase === 'total';
  const isRequests = metric === 'apiserver_request_duration_seconds' && flow !== FLOW_ALL && labels.scope === undefined;
  if (!isWholeStart && !isRequests) return undefined;
  const total = { ...objective, statistic: 'sum' };
  const measured = replications.reduce((sum, { metrics }) => sum + (measure(total, metrics) ?? 0), 0);
  const waited = places.reduce((sum, { waitSeconds }) => sum + waitSeconds, 0);
  return measured > 0 ? Math.min(1, waited / measured) : undefined;
}

/** A failed objective that was measured says most, then a failed barrier, then a failed objective without data, then the tightest. */
function reasonOf(objectives: readonly ObjectiveOutcome[], barriers: readonly BarrierVerdict[]): BottleneckReason {
  const failed = tightest(objectives.filter(({ holds }) => !holds));
  if (failed?.measured !== undefined) return { kind: 'failed objective', outcome: failed };
  const barrier = barriers.find(({ holds }) => !holds);
  if (barrier !== undefined) return { kind: 'failed barrier', barrier };
  if (failed !== undefined) return { kind: 'failed objective', outcome: failed };
  const closest = tightest(objectives);
  return closest === undefined ? { kind: 'no objective' } : { kind: 'tightest objective', outcome: closest };
}

/** The objective with the least margin; those without a margin come last. */
function tightest(outcomes: readonly ObjectiveOutcome[]): ObjectiveOutcome | undefined {
  const margin = (outcome: ObjectiveOutcome): number => outcome.margin ?? Number.POSITIVE_INFINITY;
  return outcomes.reduce<ObjectiveOutcome | undefined>(
    (least, outcome) => (least === undefined || margin(outcome) < margin(least) ? outcome : least),
    undefined,
  );
}

/** The flows that stand for what chose, and a name for them together; all requests where nothing more special was followed. */
function selectFlows(reason: BottleneckReason, known: readonly string[]): { name: string; flows: readonly string[] } {
  const requests =
    reason.kind === 'failed objective' || reason.kind === 'tightest objective'
      ? requestFlows(reason.outcome, known)
      : [];
  const [first] = requests;
  if (first !== undefined) return { name: requests.length === 1 ? first : requests.join(', '), flows: requests };
  if (isAboutPace(reason)) return { name: UNTIL_READY, flows: [FLOW_POD_CREATION, FLOW_POD_STARTUP] };
  const name = isAboutPods(reason) && known.includes(FLOW_POD_STARTUP) ? FLOW_POD_STARTUP : FLOW_ALL;
  return { name, flows: [name] };
}

/** How fast pods come into being and become Ready: what is waited for before they exist counts too. */
const UNTIL_READY = 'pods until Ready';

function isAboutPace(reason: BottleneckReason): boolean {
  if (reason.kind === 'pace') return true;
  if (reason.kind === 'no objective') return false;
  if (reason.kind === 'failed barrier') return /^(pods|deployments)[A-Z]/.test(reason.barrier.description);
  return reason.outcome.objective.metric === 'plimsoll_scheduling_throughput_pods_per_second';
}

/** What sets the pace at which pods become Ready, whether an objective asks for it or not; undefined if no pod waited for anything. */
export function findPaceSetter(replications: readonly ReplicationResult[]): Bottleneck | undefined {
  const reason = { kind: 'pace' } as const;
  const { name, flows } = selectFlows(reason, []);
  const places = placesOf(new Set(flows), replications);
  return places.length === 0 ? undefined : { flow: name, reason, places, shareOfMeasured: undefined };
}

/** Flows are named "VERB resource" or "VERB resource/subresource": those that an objective on API requests selects by its labels. */
function requestFlows({ objective: { metric, labels } }: ObjectiveOutcome, known: readonly string[]): string[] {
  const { verb, resource, subresource } = labels;
  if (!metric.startsWith('apiserver_request_') || verb === undefined || resource === undefined) return [];
  return known.filter((flow) => {
    const [flowVerb, flowResource, flowSubresource = ''] = flow.split(/[ /]/);
    const matches = flowVerb === verb && flowResource === resource;
    return matches && (subresource === undefined || subresource === flowSubresource);
  });
}

/** Whether an objective's metric speaks of pods on their way to Ready. */
function isAboutPods(reason: BottleneckReason): boolean {
  if (reason.kind !== 'failed objective' && reason.kind !== 'tightest objective') return false;
  return /^(pod_startup|scheduler|kubelet)_/.test(reason.outcome.objective.metric);
}

/** Waits of a flow over all replications, longest first, ties by name. */
function placesOf(flows: ReadonlySet<string>, replications: readonly ReplicationResult[]): WaitingPlace[] {
  const byServer = new Map<string, { kind: ServerKind; waitSeconds: number; waits: number }>();
  for (const { waits } of replications
    .flatMap((replication) => replication.flows)
    .filter(({ flow }) => flows.has(flow))) {
    for (const { server, kind, waitSeconds, waits: count } of waits) {
      const sum = byServer.get(server) ?? { kind, waitSeconds: 0, waits: 0 };
      byServer.set(server, { kind, waitSeconds: sum.waitSeconds + waitSeconds, waits: sum.waits + count });
    }
  }
  // Waits are whole nanoseconds; their sum in seconds is told as such again.
  const whole = (seconds: number): number => Math.round(seconds * NS_PER_SECOND) / NS_PER_SECOND;
  const total = [...byServer.values()].reduce((sum, { waitSeconds }) => sum + waitSeconds, 0);
  return [...byServer]
    .filter(([, { waitSeconds }]) => waitSeconds > 0)
    .map(([server, { kind, waitSeconds, waits }]) => {
      return { server, kind, share: waitSeconds / total, waitSeconds: whole(waitSeconds), waits };
    })
    .sort((a, b) => b.waitSeconds - a.waitSeconds || (a.server < b.server ? -1 : 1));
}
