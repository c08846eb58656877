/**
 * The ReplicaSet controller: creates and deletes pods until there are as many as wanted, and tells how many are there.
 * K:pkg/controller/replicaset/replica_set.go.
 *
 * Modelled: expectations, slow start, at most 500 pods a sync, the order of deletion, status by PUT with one retry after a GET, availability
 * after minReadySeconds, and the consistency rule of 1.36. Left out: adoption and release of pods (they keep their owner), conditions,
 * terminatingReplicas, pod-deletion-cost.
 */
import {
  type Kind,
  kinds,
  NO_VERSION,
  type ObjectKey,
  type ObjectTables,
  type PodTemplate,
  type VersionHandle,
} from '../../../cluster/index.ts';
import type { KeyedStream, Simulation } from '../../../engine/index.ts';
import { NS_PER_SECOND } from '../../../units/index.ts';
import { isSuccess, type RequestId, type Requests, StatusCode, writes } from '../../api-machinery/index.ts';
import type { ApiClient, EventRecorder, InformerIndex, SharedInformer } from '../../client-go/index.ts';
import type { ControllerQueue, ControllerSurroundings } from '../controller.ts';
import { enqueueEvery } from '../enqueue.ts';
import { Expectations } from '../expectations.ts';
import { podsToDelete } from '../pod-deletion-order.ts';

/** What a sync works with, read from the caches when it began; versions may be gone once it has yielded. */
interface Snapshot {
  readonly key: ObjectKey;
  readonly revision: number;
  readonly replicas: number;
  readonly generation: number;
  readonly template: PodTemplate;
  /** spec.minReadySeconds [ns]. */
  readonly minReady: number;
  /** Status that it would have. */
  readonly active: number;
  readonly ready: number;
  readonly available: number;
  /** Whether that differs from the status that it has. */
  readonly statusChanged: boolean;
}

/** The controller. */
export class ReplicaSetController {
  private readonly around: ControllerSurroundings;
  private readonly simulation: Simulation;
  private readonly tables: ObjectTables;
  private readonly requests: Requests;
  private readonly client: ApiClient;
  private readonly events: EventRecorder;
  private readonly queue: ControllerQueue;
  private readonly replicaSets: SharedInformer;
  private readonly pods: SharedInformer;
  private readonly podsOf: InformerIndex;
  private readonly siblings: InformerIndex;
  private readonly expectations: Expectations;
  private readonly uidOrder: KeyedStream;
  /** Revision of the last own write of pods and of the status, by ReplicaSet (ConsistencyStore), state. */
  private readonly wrotePods = new Map<number, number>();
  private readonly wroteStatus = new Map<number, number>();

  constructor(around: ControllerSurroundings) {
    const { clientGo, parameters } = around;
    this.around = around;
    this.simulation = clientGo.simulation;
    this.tables = clientGo.tables;
    this.requests = clientGo.requests;
    this.client = around.newClient('replicaset-controller');
    this.events = around.newRecorder(this.client);
    this.replicaSets = around.informer(kinds.replicasets);
    this.pods = around.informer(kinds.pods);
    this.podsOf = around.byOwner(kinds.pods);
    this.siblings = around.byOwner(kinds.replicasets);
    this.expectations = new Expectations(parameters.expectationsTimeout);
    this.uidOrder = this.simulation.streams.keyed('kubeControllerManager.podUidOrder');
    this.queue = around.newQueue(
      'replicaset',
      parameters.concurrentReplicaSetSyncs,
      (key) => this.sync(key as ObjectKey),
      {
        objects: (key) => this.podsOf.keys(key).size,
      },
    );
    const { replicasets, pods } = this.tables;
    enqueueEvery(this.replicaSets, replicasets, this.queue);
    this.pods.addHandler({
      onAdd: (pod) => this.onPodAdded(pod),
      onUpdate: (pod, previous) => this.onPodUpdated(pod, previous),
      onDelete: (pod) => this.onPodGone(pods.owner.get(pod), pods.key.get(pod) as ObjectKey),
    });
  }

  // ---- what it sees ------------------------------------------------------------------------------------------------------------

  private onPodAdded(pod: VersionHandle): void {
    const { pods } = this.tables;
    const owner = pods.owner.get(pod);
    if (owner < 0) return;
    if (pods.isTerminating(pod)) {
      // After a restart, a pod may turn up that is on its way out.
      this.onPodGone(owner, pods.key.get(pod) as ObjectKey);
      return;
    }
    this.expectations.creationsObserved(owner);
    this.queue.add(owner);
  }

  private onPodUpdated(pod: VersionHandle, previous: VersionHandle): void {
    const { pods, replicasets } = this.tables;
    const owner = pods.owner.get(pod);
    if (owner < 0) return;
    if (pods.isTerminating(pod)) {
      this.onPodGone(owner, pods.key.get(pod) as ObjectKey);
      return;
    }
    this.queue.add(owner);
    const replicaSet = this.replicaSets.get(owner as ObjectKey);
    if (replicaSet === NO_VERSION || pods.isReady(previous) || !pods.isReady(pod)) return;
    const minReady = replicasets.minReady.get(replicaSet);
    // A second later than it becomes available, because Kubernetes' instants are cut to whole seconds.
    if (minReady > 0) this.queue.addAfter(owner, minReady + NS_PER_SECOND);
  }

  private onPodGone(owner: number, pod: ObjectKey): void {
    if (owner < 0) return;
    this.expectations.deletionObserved(owner, pod);
    this.queue.add(owner);
  }

  // ---- sync --------------------------------------------------------------------------------------------------------------------

  private *sync(key: ObjectKey): Generator<number, boolean, number> {
    if (!this.hasSeenOwnWrites(key)) return false;
    const replicaSet = this.replicaSets.get(key);
    if (replicaSet === NO_VERSION) {
      this.forget(key);
      return true;
    }
    const needsSync = this.expectations.areSatisfied(key, this.simulation.now);
    const snapshot = this.snapshotOf(key, replicaSet);
    const difference = snapshot.active - snapshot.replicas;
    let managed = true;
    if (needsSync && difference < 0) managed = yield* this.createPods(snapshot, -difference);
    else if (needsSync && difference > 0) managed = yield* this.deletePods(snapshot, difference);
    if (!(yield* this.updateStatus(snapshot))) return false;
    const isAwaited = snapshot.ready === snapshot.replicas && snapshot.available !== snapshot.replicas;
    if (managed && snapshot.minReady > 0 && isAwaited) this.queue.addAfter(key, snapshot.minReady);
    return managed;
  }

  /** The rule of 1.36: no sync on a cache that is known to be older than what the controller itself has written. */
  private hasSeenOwnWrites(key: ObjectKey): boolean {
    if (!this.around.parameters.replicaSetConsistency) return true;
    return (
      (this.wrotePods.get(key) ?? 0) <= this.pods.seenRevision &&
      (this.wroteStatus.get(key) ?? 0) <= this.replicaSets.seenRevision
    );
  }

  private forget(key: ObjectKey): void {
    this.expectations.forget(key);
    this.wrotePods.delete(key);
    this.wroteStatus.delete(key);
  }

  private snapshotOf(key: ObjectKey, replicaSet: VersionHandle): Snapshot {
    const { replicasets, pods } = this.tables;
    const { now } = this.simulation;
    const minReady = replicasets.minReady.get(replicaSet);
    let active = 0;
    let ready = 0;
    let available = 0;
    for (const podKey of this.podsOf.keys(key)) {
      const pod = this.pods.get(podKey);
      if (!pods.isActive(pod)) continue;
      active++;
      if (!pods.isReady(pod)) continue;
      ready++;
      if (minReady === 0 || pods.readyAt.get(pod) + minReady <= now) available++;
    }
    const generation = replicasets.generation.get(replicaSet);
    return {
      key,
      revision: replicasets.revision.get(replicaSet),
      replicas: replicasets.replicas.get(replicaSet),
      generation,
      template: replicasets.template.get(replicaSet) as PodTemplate,
      minReady,
      active,
      ready,
      available,
      statusChanged:
        replicasets.statusReplicas.get(replicaSet) !== active ||
        replicasets.readyReplicas.get(replicaSet) !== ready ||
        replicasets.availableReplicas.get(replicaSet) !== available ||
        replicasets.observedGeneration.get(replicaSet) !== generation,
    };
  }

  // ---- pods (manageReplicas) ---------------------------------------------------------------------------------------------------

  /** Slow start: batches that double as long as every creation succeeds. Returns whether all did. */
  private *createPods(snapshot: Snapshot, missing: number): Generator<number, boolean, number> {
    const { parameters, gather } = this.around;
    const count = Math.min(missing, parameters.replicaSetBurst);
    this.expectations.expectCreations(snapshot.key, count, this.simulation.now);
    let created = 0;
    let attempted = 0;
    let batch = Math.min(count, parameters.slowStartInitial);
    while (batch > 0 && created === attempted) {
      const creations = Array.from({ length: batch }, () => this.creation(snapshot));
      yield* gather.all(this.client, creations, (reply) => {
        if (this.onPodCreated(snapshot.key, reply)) created++;
      });
      attempted += batch;
      batch = Math.min(2 * batch, count - attempted);
    }
    // Nobody will see the pods that were not created.
    if (created < count) this.expectations.creationsObserved(snapshot.key, count - created);
    return created === count;
  }

  private creation(snapshot: Snapshot): RequestId {
    const namespace = this.tables.keysOf('replicasets').namespace(snapshot.key);
    const name = this.tables.keysOf('replicasets').name(snapshot.key);
    const request = this.client.write(writes.podCreate, this.tables.keysOf('pods').generate(namespace, name));
    const { nodeName } = snapshot.template;
    this.requests.setNumber(request, 0, snapshot.key);
    this.requests.setNumber(request, 1, nodeName === '' ? -1 : this.tables.keysOf('nodes').intern('', nodeName));
    this.requests.object[request] = snapshot.template;
    return request;
  }

  private onPodCreated(owner: ObjectKey, reply: RequestId): boolean {
    if (!isSuccess(this.requests.code[reply] as number)) return false;
    this.wrote(this.wrotePods, owner, reply);
    this.events.record('SuccessfulCreate', kinds.replicasets, owner, this.requests.key[reply] as number);
    return true;
  }

  /** All at once. Returns whether every pod is deleted, or was gone already. */
  private *deletePods(snapshot: Snapshot, surplus: number): Generator<number, boolean, number> {
    const { key } = snapshot;
    const { pods } = this.tables;
    const count = Math.min(surplus, this.around.parameters.replicaSetBurst);
    const victims = podsToDelete(this.activePods(key), count, {
      pods,
      now: this.simulation.now,
      related: this.relatedPodsByNode(key),
      uidOrder: this.uidOrder,
    });
    const keys = victims.map((pod) => pods.key.get(pod) as ObjectKey);
    this.expectations.expectDeletions(key, keys, this.simulation.now);
    let failed = false;
    const deletions = keys.map((pod) => this.client.deletion(kinds.pods, pod));
    yield* this.around.gather.all(this.client, deletions, (reply) => {
      if (!this.onPodDeleted(key, reply)) failed = true;
    });
    return !failed;
  }

  private onPodDeleted(owner: ObjectKey, reply: RequestId): boolean {
    const code = this.requests.code[reply] as number;
    const pod = this.requests.key[reply] as ObjectKey;
    if (isSuccess(code)) {
      this.wrote(this.wrotePods, owner, reply);
      this.events.record('SuccessfulDelete', kinds.replicasets, owner, pod);
      return true;
    }
    this.expectations.deletionObserved(owner, pod);
    return code === StatusCode.NotFound;
  }

  private activePods(key: ObjectKey): VersionHandle[] {
    const active: VersionHandle[] = [];
    for (const podKey of this.podsOf.keys(key)) {
      const pod = this.pods.get(podKey);
      if (this.tables.pods.isActive(pod)) active.push(pod);
    }
    return active;
  }

  /** Active pods on each node of all ReplicaSets that have the same owner (getIndirectlyRelatedPods). */
  private relatedPodsByNode(key: ObjectKey): Map<number, number> {
    const { replicasets, pods } = this.tables;
    const owner = replicasets.owner.get(this.replicaSets.get(key));
    const byNode = new Map<number, number>();
    for (const replicaSet of owner < 0 ? [key] : this.siblings.keys(owner)) {
      for (const pod of this.activePods(replicaSet)) {
        const node = pods.node.get(pod);
        byNode.set(node, (byNode.get(node) ?? 0) + 1);
      }
    }
    return byNode;
  }

  // ---- status ------------------------------------------------------------------------------------------------------------------

  /** PUT of the status if it changed; after a failure one more try on a fresh read (updateReplicaSetStatus). Returns whether it stands. */
  private *updateStatus(snapshot: Snapshot): Generator<number, boolean, number> {
    if (!snapshot.statusChanged) return true;
    if (yield* this.putStatus(snapshot, snapshot.revision)) return true;
    const read = yield* this.client.call(this.client.read(kinds.replicasets, snapshot.key));
    if (this.requests.code[read] !== StatusCode.Ok) return false;
    const fresh = this.tables.replicasets.revision.get(this.requests.resultOf(read));
    return yield* this.putStatus(snapshot, fresh);
  }

  private *putStatus(snapshot: Snapshot, revision: number): Generator<number, boolean, number> {
    const { requests } = this;
    const request = this.client.write(writes.replicaSetStatus, snapshot.key);
    requests.expectedRevision[request] = revision;
    const numbers = [snapshot.active, snapshot.ready, snapshot.available, snapshot.generation];
    for (const [index, number] of numbers.entries()) requests.setNumber(request, index, number);
    const reply = yield* this.client.call(request);
    if (!isSuccess(requests.code[reply] as number)) return false;
    this.wrote(this.wroteStatus, snapshot.key, reply);
    return true;
  }

  /** Remembers the revision of the object in an answer, which is older than the answer itself if nothing had to be changed. */
  private wrote(revisions: Map<number, number>, key: ObjectKey, reply: RequestId): void {
    const table = this.tables.of(this.requests.kind[reply] as Kind);
    const revision = table.revision.get(this.requests.resultOf(reply));
    revisions.set(key, Math.max(revisions.get(key) ?? 0, revision));
  }
}
