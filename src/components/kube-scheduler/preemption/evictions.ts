/**
 * The removal of victims, beside the scheduling loop: lower pods nominated to the node lose their nomination, then every victim gets the condition
 * DisruptionTarget, is deleted, and an event tells of it; all but one at once, the last one when the others are done. Until then the pod for which
 * this is done is kept out of the queue. K:pkg/scheduler/framework/preemption/executor.go (prepareCandidateAsync).
 * The victims' own grace period, and what their kubelets do in it, follow from the deletion.
 */
import { kinds, type ObjectKey } from '../../../cluster/index.ts';
import type { Process } from '../../../engine/index.ts';
import { isSuccess, StatusCode, writes } from '../../api-machinery/index.ts';
import type { ApiClient, ClientGo, EventRecorder } from '../../client-go/index.ts';
import type { PodIdentity } from '../framework.ts';
import type { Nominations } from '../nominations.ts';
import type { QueuedPod } from '../queued-pod.ts';
import type { Candidate } from './candidate.ts';
import type { Victim } from './victim.ts';

/** In place of a nominated node. */
const NO_NODE = -1;

/** What the removal needs to know of pods as the scheduler's informer shows them. */
export interface EvictionView {
  /** Whether a pod is being deleted; whether this very pod is not there any more. */
  isOnItsWayOut(key: number): boolean;
  isGone(key: number, uid: number): boolean;
  /** Whether it has been told already that it is preempted. */
  isPreempted(key: number): boolean;
  /** Whether its status names a nominated node. */
  hasNominationWritten(key: number): boolean;
}

/** What the removal works with. */
export interface EvictionsOptions {
  readonly name: string;
  readonly clientGo: ClientGo;
  readonly client: ApiClient;
  readonly events: EventRecorder;
  readonly nominations: Nominations;
  readonly view: EvictionView;
  /** Victims that are removed at once, at most. */
  readonly parallelism: number;
  /** A victim that waits for its permit is turned away, without a request; false = it does not wait. */
  readonly turnAway: (key: number) => boolean;
  /** A pod whose preemption failed is to be tried again. */
  readonly onFailed: (pod: QueuedPod) => void;
}

/** The removal of the victims of one pod. */
interface Eviction {
  readonly pod: QueuedPod;
  readonly slot: number;
  readonly life: number;
  /** Victims whose removal has not begun, but for the last one, state. */
  readonly waiting: Victim[];
  readonly last: Victim;
  /** Whether the last one is in hand, state. */
  isAtLast: boolean;
  /** Workers that are not done, state. */
  workers: number;
  hasFailed: boolean;
}

/** All removals of one scheduler. */
export class Evictions {
  private readonly options: EvictionsOptions;
  /** Under way, by key of the pod for which they are made, state. */
  private readonly running = new Map<number, Eviction>();
  /** Raised when the process ends: what it had begun is ended by nobody, state. */
  private life = 0;

  constructor(options: EvictionsOptions) {
    this.options = options;
  }

  /** Removes the victims of a candidate. Returns whether there was anybody left to remove. */
  begin(pod: QueuedPod, { slot, victims }: Candidate): boolean {
    const left = victims.filter(({ key }) => !this.options.view.isOnItsWayOut(key));
    const last = left.pop();
    if (last === undefined) return false;
    const workers = Math.min(this.options.parallelism, left.length);
    const eviction = { pod, slot, life: this.life, waiting: left, last, isAtLast: false, workers, hasFailed: false };
    this.running.set(pod.key, eviction);
    this.options.clientGo.simulation.processes.spawn(`${this.options.name}: preemption`, this.run(eviction));
    return true;
  }

  /** Whether victims of this pod are being removed: it is no use to try it again (IsPodRunningPreemption). */
  isRunning({ key, uid }: PodIdentity): boolean {
    const eviction = this.running.get(key);
    if (eviction === undefined || eviction.pod.uid !== uid) return false;
    if (!eviction.isAtLast) return true;
    const { view } = this.options;
    return !view.isGone(eviction.last.key, eviction.last.uid) && !view.isOnItsWayOut(eviction.last.key);
  }

  /** The process has ended. Requests on their way may still take effect. */
  stop(): void {
    this.life++;
    this.running.clear();
  }

  private *run(eviction: Eviction): Process {
    const { client, nominations, view, clientGo } = this.options;
    const { template } = eviction.pod.requirements;
    const lower = nominations
      .on(eviction.slot)
      .filter(
        ({ key, requirements }) => requirements.template.priority < template.priority && view.hasNominationWritten(key),
      );
    for (const { key } of lower) {
      const request = client.write(writes.podNomination, key as ObjectKey);
      clientGo.requests.setNumber(request, 0, NO_NODE);
      yield* client.call(request);
      if (eviction.life !== this.life) return;
    }
    if (eviction.workers === 0) yield* this.finish(eviction);
    for (let worker = 0; worker < eviction.workers; worker++) {
      clientGo.simulation.processes.spawn(`${this.options.name}: preemption worker`, this.work(eviction));
    }
  }

  private *work(eviction: Eviction): Process {
    while (!eviction.hasFailed) {
      const victim = eviction.waiting.shift();
      if (victim === undefined) break;
      const succeeded = yield* this.remove(victim, eviction);
      if (eviction.life !== this.life) return;
      if (!succeeded) eviction.hasFailed = true;
    }
    eviction.workers--;
    if (eviction.workers === 0) yield* this.finish(eviction);
  }

  /** The last victim: what others learn of its end must not come before the pod may be tried again. */
  private *finish(eviction: Eviction): Generator<number, void, number> {
    if (!eviction.hasFailed) {
      eviction.isAtLast = true;
      const succeeded = yield* this.remove(eviction.last, eviction);
      if (eviction.life !== this.life) return;
      if (!succeeded) eviction.hasFailed = true;
    }
    if (this.running.get(eviction.pod.key) === eviction) this.running.delete(eviction.pod.key);
    if (eviction.hasFailed) this.options.onFailed(eviction.pod);
  }

  /** PreemptPod. False = a request failed. A victim that is gone already needs nothing. */
  private *remove({ key, uid }: Victim, { life }: Eviction): Generator<number, boolean, number> {
    const { client, clientGo, events, turnAway, view } = this.options;
    const { requests } = clientGo;
    if (view.isGone(key, uid)) return true;
    if (!turnAway(key)) {
      if (!view.isPreempted(key)) {
        const patched = requests.code[
          yield* client.call(client.write(writes.podPreempted, key as ObjectKey))
        ] as number;
        if (!isSuccess(patched)) return patched === StatusCode.NotFound;
      }
      if (life !== this.life) return false;
      const deleted = requests.code[yield* client.call(client.deletion(kinds.pods, key as ObjectKey))] as number;
      if (!isSuccess(deleted)) return deleted === StatusCode.NotFound;
    }
    if (life === this.life) events.record('Preempted', kinds.pods, key as ObjectKey);
    return true;
  }
}
