/**
 * What becomes of one pod in the schedulers of a run, step by step, for whoever asks why it is where it is. Nothing of it is gathered unless
 * somebody asks: then for the one pod, wherever a scheduler moves it, tries it or binds it.
 */
import { kinds, NO_KEY, type ObjectKey, type ObjectTables } from '../../cluster/index.ts';
import type { Simulation } from '../../engine/index.ts';
import { NS_PER_MILLISECOND, NS_PER_SECOND, type SimTime } from '../../units/index.ts';
import type { Decision, DecisionDetails } from './algorithms/index.ts';
import { pluginNames } from './plugins/index.ts';
import type { PreemptionResult } from './preemption/preemption.ts';
import { type QueuedPod, QueuePlace } from './queued-pod.ts';

/** One step. */
export interface ExplainedStep {
  /** When [ns]. */
  readonly at: number;
  /** What sort of step it is: queue, attempt, filter, score, preempt, node, permit, bind. */
  readonly what: string;
  readonly text: string;
}

/** Why a pod was moved in the queue. */
export type MoveReason =
  | 'the pod was created'
  | 'its attempt failed'
  | 'its back-off is over'
  | 'it waited five minutes'
  | 'its preemption failed'
  | 'a node came or changed'
  | 'a pod went'
  | 'something changed';

/** Nodes that are listed with their scores. */
const TOP_NODES = 5;

/** Names of the places in a queue. */
const PLACES: Readonly<Record<number, string>> = {
  [QueuePlace.Active]: 'active',
  [QueuePlace.Backoff]: 'backs off',
  [QueuePlace.ErrorBackoff]: 'backs off after an error',
  [QueuePlace.Unschedulable]: 'unschedulable: waits for an event',
};

/** The steps of one pod. */
export class PodExplanation {
  readonly namespace: string;
  readonly name: string;
  readonly steps: ExplainedStep[] = [];
  private readonly simulation: Simulation;
  private readonly tables: ObjectTables;
  /** Its key, once there is a pod of this name, state. */
  private key: ObjectKey = NO_KEY;

  constructor(simulation: Simulation, tables: ObjectTables, namespace: string, name: string) {
    this.simulation = simulation;
    this.tables = tables;
    this.namespace = namespace;
    this.name = name;
  }

  /** Whether this is the pod. */
  concerns(key: number): boolean {
    if (this.key !== NO_KEY) return key === this.key;
    // Generated names are known by their keys only.
    const keys = this.tables.keysOf('pods');
    const pod = key as ObjectKey;
    if (keys.name(pod) !== this.name || keys.namespace(pod) !== this.namespace) return false;
    this.key = pod;
    return true;
  }

  // ---- steps -------------------------------------------------------------------------------------------------------------------

  /** It is somewhere else in the queue. */
  moved(pod: QueuedPod, reason: MoveReason): void {
    if (!this.concerns(pod.key)) return;
    const where = pod.gate >= 0 ? `held back by ${pluginNames[pod.gate]}` : (PLACES[pod.place] ?? 'out');
    const until =
      pod.place === QueuePlace.Backoff || pod.place === QueuePlace.ErrorBackoff ? ` until ${at(pod.backoffUntil)}` : '';
    this.add('queue', `${where}${until} (${reason})`);
  }

  /** A cycle has decided on it, on what was known when it began. */
  decided(pod: QueuedPod, scheduler: string, nodes: number, decision: Decision): void {
    if (!this.concerns(pod.key)) return;
    const { examined, feasible, rejected } = decision;
    const waited = (pod.attemptStartedAt - pod.activeSince) / NS_PER_MILLISECOND;
    this.add('attempt', `${pod.attempts} by ${scheduler}, after ${waited.toFixed(1)} ms in the queue`);
    const reasons = pluginNames.flatMap((name, number) => {
      const count = rejected[number] as number;
      return count === 0 ? [] : [`${count} by ${name}`];
    });
    if (decision.extenderRejected > 0) reasons.push(`${decision.extenderRejected} by extenders`);
    if (decision.failed) reasons.push('an extender failed');
    const turnedDown = reasons.length === 0 ? '' : `; turned down: ${reasons.join(', ')}`;
    this.add('filter', `${examined} of ${nodes} nodes examined, ${feasible} feasible${turnedDown}`);
    if (decision.details !== undefined && decision.scored > 0) this.scored(decision.details);
  }

  /** Others were to make room for it. */
  preempted(pod: QueuedPod, { outcome, candidate, dryRuns }: PreemptionResult): void {
    if (!this.concerns(pod.key)) return;
    if (candidate === undefined) {
      const why = outcome === 'notEligible' ? 'it may not preempt (now)' : 'no removal would help';
      this.add('preempt', `${why}; ${dryRuns} nodes tried`);
      return;
    }
    const { slot, victims, violations } = candidate;
    const names = victims.map(({ key }) => this.tables.keysOf('pods').path(key as ObjectKey)).join(', ');
    const broken = violations === 0 ? '' : `, ${violations} against a disruption budget`;
    this.add('preempt', `${this.nodeName(slot)} of ${dryRuns} nodes tried; has to go: ${names}${broken}`);
  }

  /** It has its node, and is assumed there. */
  placed(pod: QueuedPod): void {
    if (this.concerns(pod.key)) this.add('node', this.nodeName(pod.node));
  }

  /** A plugin does not let it have its node, makes it wait, or lets it go. */
  permit(pod: QueuedPod, text: string): void {
    if (this.concerns(pod.key)) this.add('permit', text);
  }

  /** Its binding was answered. */
  bound(pod: QueuedPod, code: number): void {
    if (!this.concerns(pod.key)) return;
    const took = (this.simulation.now - pod.bindingSentAt) / NS_PER_MILLISECOND;
    const answer = code === 0 ? 'connection broken' : String(code);
    this.add('bind', `${this.nodeName(pod.node)}: ${answer} after ${took.toFixed(1)} ms`);
  }

  private scored({ slots, totals, plugins }: DecisionDetails): void {
    const places = slots.map((_, place) => place);
    places.sort((a, b) => (totals[b] as number) - (totals[a] as number));
    for (const place of places.slice(0, TOP_NODES)) {
      const parts = plugins.map(({ number, weight, scores }) => {
        const factor = weight === 1 ? '' : `${weight} x `;
        return `${pluginNames[number]} ${factor}${scores[place]}`;
      });
      this.add('score', `${this.nodeName(slots[place] as number)} ${totals[place]} = ${parts.join(' + ')}`);
    }
  }

  private add(what: string, text: string): void {
    this.steps.push({ at: this.simulation.now, what, text });
  }

  private nodeName(slot: number): string {
    return this.tables.keysOf(kinds.nodes).name(slot as ObjectKey);
  }
}

/** "12.3 s". */
function at(instant: SimTime): string {
  return `${(instant / NS_PER_SECOND).toFixed(1)} s`;
}
