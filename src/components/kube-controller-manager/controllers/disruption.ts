/**
 * The disruption controller: counts for every PodDisruptionBudget how many of its pods may be missing. K:pkg/controller/disruption/disruption.go.
 * A budget is counted anew when it or one of its pods changes; its status is written if that changes it. Pods whose eviction an API server has let through
 * (disruptedPods) do not count as healthy until they are gone, or for two minutes.
 * Left out: events, conditions; pods without a controller are no part of a share and are not told of.
 */
import {
  budgetCovers,
  type DisruptionBudget,
  kinds,
  NO_VERSION,
  type ObjectKey,
  type ObjectTables,
  type PodTemplate,
  type VersionHandle,
} from '../../../cluster/index.ts';
import { type SimTime, seconds } from '../../../units/index.ts';
import { disruptionStatus, isSuccess, writes } from '../../api-machinery/index.ts';
import type { ApiClient, SharedInformer } from '../../client-go/index.ts';
import type { ControllerQueue, ControllerSurroundings } from '../controller.ts';

/** Columns of the status. */
const statusColumns = ['disruptionsAllowed', 'currentHealthy', 'desiredHealthy', 'expectedPods'] as const;

/** How long an eviction that was let through may take until the pod goes (DeletionTimeout). */
const DELETION_TIMEOUT = seconds(120);

/** The controller. */
export class DisruptionController {
  private readonly around: ControllerSurroundings;
  private readonly tables: ObjectTables;
  private readonly client: ApiClient;
  private readonly queue: ControllerQueue;
  private readonly budgets: SharedInformer;
  private readonly pods: SharedInformer;
  private readonly replicaSets: SharedInformer;
  private readonly deployments: SharedInformer;
  /** Keys of the pods of each budget, state. */
  private readonly members = new Map<ObjectKey, Set<ObjectKey>>();

  constructor(around: ControllerSurroundings) {
    this.around = around;
    this.tables = around.clientGo.tables;
    this.client = around.newClient('disruption-controller');
    this.budgets = around.informer(kinds.poddisruptionbudgets);
    this.pods = around.informer(kinds.pods);
    this.replicaSets = around.informer(kinds.replicasets);
    this.deployments = around.informer(kinds.deployments);
    this.queue = around.newQueue('disruption', 1, (key) => this.sync(key as ObjectKey), {
      objects: (key) => this.members.get(key as ObjectKey)?.size ?? 0,
    });
    this.budgets.addHandler({
      onAdd: (budget) => this.budgetAdded(budget),
      onUpdate: (budget) => this.queue.add(this.tables.poddisruptionbudgets.key.get(budget)),
      onDelete: (budget) => this.members.delete(this.tables.poddisruptionbudgets.key.get(budget) as ObjectKey),
    });
    this.pods.addHandler({
      onAdd: (pod) => this.podChanged(pod),
      onUpdate: (pod) => this.podChanged(pod),
      onDelete: (pod) => this.podChanged(pod),
    });
  }

  private budgetAdded(budget: VersionHandle): void {
    const key = this.tables.poddisruptionbudgets.key.get(budget) as ObjectKey;
    const members = new Set<ObjectKey>();
    this.pods.forEach((pod, version) => {
      if (this.covers(key, budget, version)) members.add(pod);
    });
    this.members.set(key, members);
    this.queue.add(key);
  }

  /** A pod has come, changed or gone: its budgets are counted anew. */
  private podChanged(version: VersionHandle): void {
    if (this.members.size === 0) return;
    const pod = this.tables.pods.key.get(version) as ObjectKey;
    const isThere = this.pods.get(pod) !== NO_VERSION;
    for (const [key, members] of this.members) {
      const budget = this.budgets.get(key);
      if (budget === NO_VERSION || !this.covers(key, budget, version)) continue;
      if (isThere) members.add(pod);
      else members.delete(pod);
      this.queue.add(key);
    }
  }

  private covers(key: ObjectKey, budget: VersionHandle, pod: VersionHandle): boolean {
    const { pods, poddisruptionbudgets } = this.tables;
    const namespace = this.tables.keysOf('pods').namespace(pods.key.get(pod) as ObjectKey);
    if (this.tables.keysOf('poddisruptionbudgets').namespace(key) !== namespace) return false;
    return budgetCovers(poddisruptionbudgets.budget.get(budget), (pods.template.get(pod) as PodTemplate).labels);
  }

  private *sync(key: ObjectKey): Generator<number, boolean, number> {
    const { requests } = this.around.clientGo;
    const { poddisruptionbudgets: budgets } = this.tables;
    const version = this.budgets.get(key);
    if (version === NO_VERSION) return true;
    const before = budgets.disruptedPods.get(version);
    const members = this.members.get(key) ?? new Set();
    const disrupted = before.size === 0 ? before : this.stillDisrupted(key, before, members);
    const status = this.count(budgets.budget.get(version), members, disrupted);
    const isSame = disrupted.size === before.size;
    if (isSame && statusColumns.every((column) => budgets[column].get(version) === status[column])) return true;
    const request = this.client.write(writes.podDisruptionBudgetStatus, key);
    requests.object[request] = status;
    requests.expectedRevision[request] = budgets.revision.get(version);
    return isSuccess(requests.code[yield* this.client.call(request)] as number);
  }

  /** Pods whose eviction was let through and that are not on their way out yet; looked at again when the first of them has taken too long. */
  private stillDisrupted(
    key: ObjectKey,
    before: ReadonlyMap<ObjectKey, SimTime>,
    members: ReadonlySet<ObjectKey>,
  ): ReadonlyMap<ObjectKey, SimTime> {
    const { now } = this.around.clientGo.simulation;
    const left = [...before].filter(([pod, since]) => {
      const isThere = members.has(pod) && !this.tables.pods.isTerminating(this.pods.get(pod));
      return isThere && since + DELETION_TIMEOUT > now;
    });
    const [first] = left.map(([, since]) => since).sort((a, b) => a - b);
    if (first !== undefined) this.queue.addAfter(key, first + DELETION_TIMEOUT - now);
    return new Map(left);
  }

  private count(budget: DisruptionBudget, members: ReadonlySet<ObjectKey>, disrupted: ReadonlyMap<ObjectKey, SimTime>) {
    const { pods } = this.tables;
    let healthy = 0;
    const owners = new Set<ObjectKey>();
    for (const key of members) {
      const pod = this.pods.get(key);
      if (pods.isReady(pod) && !pods.isTerminating(pod) && !disrupted.has(key)) healthy++;
      owners.add(pods.owner.get(pod) as ObjectKey);
    }
    return disruptionStatus(budget, { pods: members.size, healthy, wanted: this.wantedBy(owners) }, disrupted);
  }

  /** Replicas that the workloads of these ReplicaSets ask for, each workload once (getExpectedScale). */
  private wantedBy(owners: ReadonlySet<ObjectKey>): number {
    const { replicasets, deployments } = this.tables;
    const counted = new Set<ObjectKey>();
    let wanted = 0;
    for (const key of owners) {
      const replicaSet = this.replicaSets.get(key);
      if (replicaSet === NO_VERSION) continue;
      const owner = replicasets.owner.get(replicaSet) as ObjectKey;
      const deployment = this.deployments.get(owner);
      if (deployment === NO_VERSION) {
        wanted += replicasets.replicas.get(replicaSet);
      } else if (!counted.has(owner)) {
        counted.add(owner);
        wanted += deployments.replicas.get(deployment);
      }
    }
    return wanted;
  }
}
