/**
 * The Deployment controller: keeps one ReplicaSet for each template and moves replicas from old ones to the new one.
 * K:pkg/controller/deployment (deployment_controller.go, sync.go, rolling.go, recreate.go).
 *
 * Modelled: the new ReplicaSet and its rollout number, rolling update, Recreate, scaling in proportion during a rollout, status by PUT only if
 * it changed, pruning of old ReplicaSets. As upstream, a sync that recorded a rollout goes on with the old resourceVersion, so that its next
 * PUT of the status is refused with 409 and the sync runs again.
 * Left out: pausing, rollback by annotation, progressDeadlineSeconds, hash collisions, the message of conditions.
 */
import {
  generatedSuffix,
  kinds,
  NO_VERSION,
  type ObjectKey,
  type ObjectTables,
  type VersionHandle,
} from '../../../cluster/index.ts';
import { isSuccess, type ReplicaSetBody, type Requests, StatusCode, writes } from '../../api-machinery/index.ts';
import type { ApiClient, EventRecorder, InformerIndex, SharedInformer } from '../../client-go/index.ts';
import type { ControllerQueue, ControllerSurroundings } from '../controller.ts';
import {
  activeSets,
  availableReplicas,
  byCreation,
  isComplete,
  isSaturated,
  isScalingEvent,
  maxUnavailable,
  mostScaledDown,
  newSetReplicas,
  progressOf,
  proportionalSizes,
  sameStatus,
  specReplicas,
  statusOf,
} from '../deployment-rollout.ts';
import {
  type DeploymentStatus,
  type DeploymentView,
  Progress,
  type ReplicaSetView,
  viewDeployment,
  viewReplicaSet,
} from '../deployment-views.ts';
import { enqueueEvery } from '../enqueue.ts';

/** How a step of a sync ended. */
type Step = 'failed' | 'scaled' | 'unchanged';

/** A Deployment's ReplicaSets. */
interface Sets {
  readonly all: readonly ReplicaSetView[];
  readonly old: readonly ReplicaSetView[];
  /** The one with the Deployment's template. */
  readonly newest: ReplicaSetView | undefined;
}

/** Makes one number of a ReplicaSet and a size, by which the recorder tells messages apart. */
const MESSAGE_FACTOR = 2 ** 24;

/** The controller. */
export class DeploymentController {
  private readonly tables: ObjectTables;
  private readonly requests: Requests;
  private readonly client: ApiClient;
  private readonly events: EventRecorder;
  private readonly queue: ControllerQueue;
  private readonly deployments: SharedInformer;
  private readonly replicaSets: SharedInformer;
  private readonly pods: SharedInformer;
  private readonly setsOf: InformerIndex;
  private readonly podsOf: InformerIndex;

  constructor(around: ControllerSurroundings) {
    const { clientGo, parameters } = around;
    this.tables = clientGo.tables;
    this.requests = clientGo.requests;
    this.client = around.newClient('deployment-controller');
    this.events = around.newRecorder(this.client);
    this.deployments = around.informer(kinds.deployments);
    this.replicaSets = around.informer(kinds.replicasets);
    this.pods = around.informer(kinds.pods);
    this.setsOf = around.byOwner(kinds.replicasets);
    this.podsOf = around.byOwner(kinds.pods);
    this.queue = around.newQueue(
      'deployment',
      parameters.concurrentDeploymentSyncs,
      (key) => this.sync(key as ObjectKey),
      {
        objects: (key) => this.setsOf.keys(key).size,
        maximumRetries: parameters.maximumSyncRetries,
      },
    );
    enqueueEvery(this.deployments, this.tables.deployments, this.queue);
    enqueueEvery(this.replicaSets, this.tables.replicasets, this.queue, 'owner');
    this.pods.addHandler({ onDelete: (pod) => this.onPodGone(pod) });
  }

  /** A Recreate rollout goes on when the last old pod is gone. */
  private onPodGone(pod: VersionHandle): void {
    const replicaSet = this.replicaSets.get(this.tables.pods.owner.get(pod) as ObjectKey);
    if (replicaSet === NO_VERSION) return;
    const owner = this.tables.replicasets.owner.get(replicaSet) as ObjectKey;
    const deployment = this.deployments.get(owner);
    if (deployment === NO_VERSION || this.tables.deployments.strategy.get(deployment)?.type !== 'Recreate') return;
    for (const set of this.setsOf.keys(owner)) if (this.podsOf.keys(set).size > 0) return;
    this.queue.add(owner);
  }

  // ---- sync --------------------------------------------------------------------------------------------------------------------

  private *sync(key: ObjectKey): Generator<number, boolean, number> {
    const version = this.deployments.get(key);
    if (version === NO_VERSION) return true;
    const deployment = viewDeployment(this.tables.deployments, version);
    const sets: ReplicaSetView[] = [];
    for (const set of this.setsOf.keys(key))
      sets.push(viewReplicaSet(this.tables.replicasets, this.replicaSets.get(set)));
    sets.sort(byCreation);
    if (isScalingEvent(deployment, sets)) return yield* this.scaleAndReport(deployment, sets);
    if (deployment.strategy.type === 'Recreate') return yield* this.recreate(deployment, sets);
    return yield* this.roll(deployment, sets);
  }

  /** A rolling update (rolloutRolling). */
  private *roll(deployment: DeploymentView, known: ReplicaSetView[]): Generator<number, boolean, number> {
    const sets = yield* this.withNewSet(deployment, known, true);
    if (sets === 'failed') return false;
    const up = yield* this.growNewSet(deployment, sets);
    if (up === 'failed') return false;
    if (up === 'scaled') return yield* this.reportRollout(deployment, sets);
    const down = yield* this.shrinkOldSets(deployment, sets);
    if (down === 'scaled') return yield* this.reportRollout(deployment, sets);
    if (isComplete(deployment, deployment.status) && !(yield* this.prune(deployment, sets.old))) return false;
    return yield* this.reportRollout(deployment, sets);
  }

  /** Old pods go first, all of them; then the new ones come (rolloutRecreate). */
  private *recreate(deployment: DeploymentView, known: ReplicaSetView[]): Generator<number, boolean, number> {
    const before = yield* this.withNewSet(deployment, known, false);
    if (before === 'failed') return false;
    let scaled = false;
    for (const set of activeSets(before.old)) {
      const step = yield* this.scale(deployment, set, 0);
      if (step === 'failed') return false;
      if (step === 'scaled') scaled = true;
    }
    if (scaled || this.oldPodsRun(before)) return yield* this.reportRollout(deployment, before);
    const sets = before.newest === undefined ? yield* this.withNewSet(deployment, known, true) : before;
    if (sets === 'failed' || sets.newest === undefined) return false;
    if ((yield* this.scale(deployment, sets.newest, deployment.replicas)) === 'failed') return false;
    if (isComplete(deployment, deployment.status) && !(yield* this.prune(deployment, sets.old))) return false;
    return yield* this.reportRollout(deployment, sets);
  }

  private oldPodsRun({ old }: Sets): boolean {
    for (const set of old) {
      if (set.statusReplicas > 0) return true;
      for (const pod of this.podsOf.keys(set.key)) if (!this.tables.pods.isTerminal(this.pods.get(pod))) return true;
    }
    return false;
  }

  /** The Deployment itself was scaled: its ReplicaSets follow before any rollout goes on (sync). */
  private *scaleAndReport(deployment: DeploymentView, known: ReplicaSetView[]): Generator<number, boolean, number> {
    const sets = yield* this.withNewSet(deployment, known, false);
    if (sets === 'failed') return false;
    if (!(yield* this.followScale(deployment, sets))) return false;
    return yield* this.putStatus(deployment, statusOf(deployment, sets.all, sets.newest));
  }

  /** Returns whether every write was accepted (scale). */
  private *followScale(deployment: DeploymentView, sets: Sets): Generator<number, boolean, number> {
    const active = activeSets(sets.all);
    const latest = sets.newest ?? sets.old[sets.old.length - 1];
    const only = active.length === 0 ? latest : active.length === 1 ? active[0] : undefined;
    if (only !== undefined) {
      if (only.replicas === deployment.replicas) return true;
      return (yield* this.scale(deployment, only, deployment.replicas)) !== 'failed';
    }
    if (isSaturated(deployment, sets.newest)) {
      for (const set of activeSets(sets.old)) if ((yield* this.scale(deployment, set, 0)) === 'failed') return false;
      return true;
    }
    if (deployment.strategy.type !== 'RollingUpdate') return true;
    const sizes = proportionalSizes(deployment, active);
    for (const [index, set] of active.entries()) {
      if ((yield* this.resize(deployment, set, sizes[index] as number)) === 'failed') return false;
    }
    return true;
  }

  // ---- the new ReplicaSet (getAllReplicaSetsAndSyncRevision) -----------------------------------------------------------------------

  private *withNewSet(
    deployment: DeploymentView,
    known: readonly ReplicaSetView[],
    create: boolean,
  ): Generator<number, Sets | 'failed', number> {
    const newest = known.find((set) => set.template === deployment.template);
    const old = known.filter((set) => set !== newest);
    const rollout = old.reduce((most, set) => Math.max(most, set.rollout), 0) + 1;
    if (newest !== undefined) {
      const recorded = yield* this.recordRollout(deployment, newest, rollout);
      return recorded ? { all: [...old, newest], old, newest } : 'failed';
    }
    if (!create) return { all: old, old, newest };
    const created = yield* this.createSet(deployment, old, rollout);
    return created === 'failed' ? created : { all: [...old, created], old, newest: created };
  }

  /** The ReplicaSet is there: its rollout number, then the Deployment's, are brought up to date. */
  private *recordRollout(
    deployment: DeploymentView,
    set: ReplicaSetView,
    rollout: number,
  ): Generator<number, boolean, number> {
    if (set.rollout < rollout) {
      set.rollout = rollout;
      return yield* this.putSet(set);
    }
    if (deployment.rollout === set.rollout && deployment.status.progress !== Progress.None) return true;
    const progress = deployment.status.progress === Progress.None ? Progress.Progressing : deployment.status.progress;
    return yield* this.putRollout(deployment, set.rollout, progress);
  }

  private *createSet(
    deployment: DeploymentView,
    old: readonly ReplicaSetView[],
    rollout: number,
  ): Generator<number, ReplicaSetView | 'failed', number> {
    const { requests } = this;
    const body: ReplicaSetBody = {
      replicas: newSetReplicas(deployment, old, 0),
      template: deployment.template,
      selector: deployment.selector,
      minReady: deployment.minReady,
      owner: deployment.key,
      rollout,
      desired: deployment.replicas,
    };
    const request = this.client.write(writes.replicaSetCreate, this.keyOfNewSet(deployment));
    requests.object[request] = body;
    const reply = yield* this.client.call(request);
    const code = requests.code[reply] as number;
    if (code === StatusCode.Conflict) return this.knownSet(deployment);
    if (!isSuccess(code)) return 'failed';
    const set = viewReplicaSet(this.tables.replicasets, requests.resultOf(reply));
    if (body.replicas > 0) this.tellScaled(deployment, set);
    return (yield* this.putRollout(deployment, rollout, Progress.Progressing)) ? set : 'failed';
  }

  /** A ReplicaSet of that name is there already: an earlier sync made it, and its answer was lost. */
  private knownSet(deployment: DeploymentView): ReplicaSetView | 'failed' {
    const version = this.replicaSets.get(this.keyOfNewSet(deployment));
    return version === NO_VERSION ? 'failed' : viewReplicaSet(this.tables.replicasets, version);
  }

  /** Its name ends in a hash of the template. */
  private keyOfNewSet({ key, template }: DeploymentView): ObjectKey {
    const deployments = this.tables.keysOf('deployments');
    const name = `${deployments.name(key)}-${generatedSuffix(template.id)}`;
    return this.tables.keysOf('replicasets').intern(deployments.namespace(key), name);
  }

  // ---- sizes -------------------------------------------------------------------------------------------------------------------

  /** reconcileNewReplicaSet. */
  private *growNewSet(deployment: DeploymentView, { all, newest }: Sets): Generator<number, Step, number> {
    if (newest === undefined || newest.replicas === deployment.replicas) return 'unchanged';
    if (newest.replicas > deployment.replicas) return yield* this.scale(deployment, newest, deployment.replicas);
    return yield* this.scale(deployment, newest, newSetReplicas(deployment, all, newest.replicas));
  }

  /** reconcileOldReplicaSets: unhealthy replicas first, then as many as availability allows. A failure waits for the next change, as upstream. */
  private *shrinkOldSets(deployment: DeploymentView, { all, old, newest }: Sets): Generator<number, Step, number> {
    if (specReplicas(old) === 0) return 'unchanged';
    const most = mostScaledDown(deployment, all, newest);
    if (most <= 0) return 'unchanged';
    const active = activeSets(old);
    const cleaned = yield* this.shrink(deployment, active, most, (set) => set.replicas - set.available);
    if (cleaned < 0) return 'unchanged';
    const { strategy, replicas } = deployment;
    const surplus = availableReplicas(all) - (replicas - maxUnavailable(strategy, replicas));
    const shrunk = yield* this.shrink(deployment, active, surplus, (set) => set.replicas);
    if (shrunk < 0) return 'unchanged';
    return cleaned + shrunk > 0 ? 'scaled' : 'unchanged';
  }

  /** Takes up to `most` replicas from the oldest ReplicaSets, from each as many as `spare` says. Returns how many, -1 if a write failed. */
  private *shrink(
    deployment: DeploymentView,
    sets: readonly ReplicaSetView[],
    most: number,
    spare: (set: ReplicaSetView) => number,
  ): Generator<number, number, number> {
    let total = 0;
    for (const set of sets) {
      if (total >= most) break;
      const count = Math.min(most - total, spare(set));
      if (count <= 0) continue;
      if ((yield* this.scale(deployment, set, set.replicas - count)) === 'failed') return -1;
      total += count;
    }
    return total;
  }

  /** Sets a ReplicaSet's size, if it is another (scaleReplicaSetAndRecordEvent). */
  private *scale(deployment: DeploymentView, set: ReplicaSetView, size: number): Generator<number, Step, number> {
    return set.replicas === size ? 'unchanged' : yield* this.resize(deployment, set, size);
  }

  /** Sets a ReplicaSet's size and its note of the Deployment's (scaleReplicaSet). */
  private *resize(deployment: DeploymentView, set: ReplicaSetView, size: number): Generator<number, Step, number> {
    const changes = set.replicas !== size;
    if (!changes && set.desired === deployment.replicas) return 'unchanged';
    set.replicas = size;
    set.desired = deployment.replicas;
    if (!(yield* this.putSet(set))) return 'failed';
    if (changes) this.tellScaled(deployment, set);
    return changes ? 'scaled' : 'unchanged';
  }

  private tellScaled(deployment: DeploymentView, set: ReplicaSetView): void {
    this.events.record('ScalingReplicaSet', kinds.deployments, deployment.key, set.key * MESSAGE_FACTOR + set.replicas);
  }

  /** Deletes the oldest ReplicaSets beyond the limit, if they are empty (cleanupDeployment). Returns whether all went well. */
  private *prune(deployment: DeploymentView, old: readonly ReplicaSetView[]): Generator<number, boolean, number> {
    const surplus = old.length - deployment.revisionHistoryLimit;
    if (surplus <= 0) return true;
    const byRollout = [...old].sort((left, right) => left.rollout - right.rollout || byCreation(left, right));
    for (const set of byRollout.slice(0, surplus)) {
      if (set.statusReplicas !== 0 || set.replicas !== 0 || set.generation > set.observedGeneration) continue;
      const reply = yield* this.client.call(this.client.deletion(kinds.replicasets, set.key));
      const code = this.requests.code[reply] as number;
      if (!isSuccess(code) && code !== StatusCode.NotFound) return false;
    }
    return true;
  }

  // ---- writes ------------------------------------------------------------------------------------------------------------------

  private *putSet(set: ReplicaSetView): Generator<number, boolean, number> {
    const { requests } = this;
    const request = this.client.write(writes.replicaSetUpdate, set.key);
    requests.expectedRevision[request] = set.revision;
    requests.setNumber(request, 0, set.replicas);
    requests.setNumber(request, 1, set.rollout);
    requests.setNumber(request, 2, set.desired);
    const reply = yield* this.client.call(request);
    if (!isSuccess(requests.code[reply] as number)) return false;
    const stored = requests.resultOf(reply);
    set.revision = this.tables.replicasets.revision.get(stored);
    set.generation = this.tables.replicasets.generation.get(stored);
    return true;
  }

  /** The view keeps its revision: upstream drops the answer here. */
  private *putRollout(
    deployment: DeploymentView,
    rollout: number,
    progress: number,
  ): Generator<number, boolean, number> {
    const { requests } = this;
    deployment.rollout = rollout;
    deployment.status = { ...deployment.status, progress };
    const request = this.client.write(writes.deploymentRollout, deployment.key);
    requests.expectedRevision[request] = deployment.revision;
    requests.setNumber(request, 0, rollout);
    requests.setNumber(request, 1, progress);
    const reply = yield* this.client.call(request);
    return isSuccess(requests.code[reply] as number);
  }

  /** syncRolloutStatus. */
  private *reportRollout(deployment: DeploymentView, sets: Sets): Generator<number, boolean, number> {
    const counted = statusOf(deployment, sets.all, sets.newest);
    return yield* this.putStatus(deployment, { ...counted, progress: progressOf(deployment, counted) });
  }

  private *putStatus(deployment: DeploymentView, status: DeploymentStatus): Generator<number, boolean, number> {
    if (sameStatus(status, deployment.status)) return true;
    const { requests } = this;
    const request = this.client.write(writes.deploymentStatus, deployment.key);
    requests.expectedRevision[request] = deployment.revision;
    const numbers = [status.replicas, status.updated, status.ready, status.available];
    for (const [index, number] of [...numbers, status.observedGeneration, status.progress].entries()) {
      requests.setNumber(request, index, number);
    }
    const reply = yield* this.client.call(request);
    return isSuccess(requests.code[reply] as number);
  }
}
