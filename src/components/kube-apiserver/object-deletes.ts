/**
 * DELETE. It begins with a read from etcd. A pod that runs somewhere is deleted gracefully: its deletionTimestamp is set, and the kubelet deletes it for
 * good. A pod is deleted for good in two transactions: one that says that its grace is over, and one that takes it off. An object with finalizers gets its
 * deletionTimestamp and stays until a write has taken the last of them off; everything else goes at once.
 * K:apiserver/pkg/registry/generic/registry/store.go:Delete, pkg/registry/rest/delete.go:BeforeDelete.
 * A propagation policy is the business of whoever sets and takes off its finalizer.
 */
import { type Kind, kinds, NO_VERSION, type VersionHandle } from '../../cluster/index.ts';
import { RequestFlag, type RequestId } from '../api-machinery/index.ts';
import type { WriteSteps } from './write-steps.ts';

/** The deletes of one API server. */
export class ObjectDeletes {
  private readonly steps: WriteSteps;

  constructor(steps: WriteSteps) {
    this.steps = steps;
  }

  /** Begins a delete: with a read, as upstream. */
  start(request: RequestId): void {
    this.steps.readAgain(request);
  }

  /** One judgement on a version, and one transaction if it changes. */
  deleteFrom(request: RequestId, present: VersionHandle): void {
    const { requests, tables } = this.steps.around;
    const refusal = this.steps.precondition(request, present);
    if (refusal !== 0) {
      this.steps.refuse(request, refusal);
      return;
    }
    const kind = requests.kind[request] as Kind;
    const table = tables.of(kind);
    const isGraceful = kind === kinds.pods && this.hasGrace(request, present);
    const isAlready = kind !== kinds.pods || tables.pods.graceIsOver.get(present) === 1;
    if (!isGraceful && isAlready && table.finalizers.get(present) === 0) this.remove(request, present);
    else if (table.deletedAt.get(present) >= 0 && (isGraceful || !this.endsGrace(kind, present)))
      this.steps.unchanged(request, present);
    else this.mark(request, present, isGraceful);
  }

  /**
   * A deletion's transaction went through. A pod whose grace is over now, and that nothing keeps, goes with a second one; it rests on what the watch cache
   * has, which may be the version before.
   */
  onStored(request: RequestId): boolean {
    const { requests, tables } = this.steps.around;
    const kind = requests.kind[request] as Kind;
    const stored = requests.result[request] as VersionHandle;
    if (kind !== kinds.pods || stored === NO_VERSION || tables.pods.graceIsOver.get(stored) === 0) return false;
    // What was taken off is the very version that the transaction asked for.
    if (tables.pods.revision.get(stored) === requests.transactionRevision[request]) return false;
    if (tables.pods.finalizers.get(stored) !== 0) return false;
    const cached = this.steps.cached(request);
    const revision = tables.pods.revision.get(cached === NO_VERSION ? stored : cached);
    this.steps.dropVersions(request);
    // The precondition was about the version before.
    requests.expectedRevision[request] = 0;
    this.steps.transact(request, NO_VERSION, revision);
    return true;
  }

  /** Takes an object off, if it is still at this version. */
  remove(request: RequestId, present: VersionHandle): void {
    const { requests, tables } = this.steps.around;
    const table = tables.of(requests.kind[request] as Kind);
    this.steps.transact(request, NO_VERSION, table.revision.get(present));
  }

  /** Whether an object that is being deleted has nothing left that keeps it, once this draft is written. */
  isReleased(kind: Kind, draft: VersionHandle, present: VersionHandle): boolean {
    const { tables } = this.steps.around;
    const table = tables.of(kind);
    if (table.finalizers.get(present) === 0 || table.finalizers.get(draft) !== 0) return false;
    if (table.deletedAt.get(draft) < 0) return false;
    return kind !== kinds.pods || tables.pods.graceIsOver.get(draft) === 1;
  }

  /** Sets the deletionTimestamp; the object stays. */
  private mark(request: RequestId, present: VersionHandle, isGraceful: boolean): void {
    const { requests, tables, simulation } = this.steps.around;
    const kind = requests.kind[request] as Kind;
    const table = tables.of(kind);
    const draft = table.copy(present);
    if (table.deletedAt.get(draft) < 0) table.deletedAt.set(draft, simulation.now);
    if (kind === kinds.pods && !isGraceful) tables.pods.graceIsOver.set(draft, 1);
    this.steps.transact(request, draft, table.revision.get(present));
  }

  /** Whether a deletion leaves a pod the time of its grace period: it is bound, has not ended, and neither request nor pod says 0. */
  private hasGrace(request: RequestId, present: VersionHandle): boolean {
    const { requests, tables } = this.steps.around;
    const noGrace = ((requests.flags[request] as number) & RequestFlag.NoGrace) !== 0;
    if (noGrace || tables.pods.template.get(present)?.terminationGracePeriod === 0) return false;
    return tables.pods.node.get(present) >= 0 && !tables.pods.isTerminal(present);
  }

  /** Whether a deletion without grace changes an object that only its finalizers keep. */
  private endsGrace(kind: Kind, present: VersionHandle): boolean {
    return kind === kinds.pods && this.steps.around.tables.pods.graceIsOver.get(present) === 0;
  }
}
