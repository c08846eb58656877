/** Nodes of a cell: their versions, as columns take them over, and the fixed order by which ties may be broken. */
import { type NodeSpecification, NodeVersions, ObjectKeys, type VersionHandle } from '../../cluster/index.ts';
import { NodeColumns } from '../kube-scheduler/node-columns.ts';
import type { ExtendedResources } from '../kube-scheduler/pod-requirements.ts';

/** The nodes that a cell was ever given. */
export class CellNodes {
  /** Slot of each name. */
  readonly keys = new ObjectKeys();
  private readonly versions = new NodeVersions();
  private readonly handles: VersionHandle[] = [];
  /** Place of each node in a fixed order of all, by slot; the order in which they came where nothing else was said. */
  rank = new Int32Array(0);

  /** Makes, or changes, a node; returns its slot. Columns are told by {@link show}. */
  set(name: string, specification: NodeSpecification): number {
    const key = this.keys.intern('', name);
    const handle = this.versions.allocate(key);
    this.versions.specification.set(handle, specification);
    this.versions.taints.set(handle, specification.taints);
    this.versions.unschedulable.set(handle, specification.unschedulable ? 1 : 0);
    this.handles[key] = handle;
    if (this.rank.length < this.keys.count) {
      const bigger = new Int32Array(Math.max(this.keys.count, this.rank.length * 2));
      for (let slot = 0; slot < bigger.length; slot++) bigger[slot] = this.rank[slot] ?? slot;
      this.rank = bigger;
    }
    return key;
  }

  /** Sets the place of a node in the fixed order. */
  setRank(slot: number, place: number): void {
    this.rank[slot] = place;
  }

  /** Has columns take over what a node offers. */
  show(slot: number, columns: NodeColumns): void {
    columns.setNode(this.versions, this.handles[slot] as VersionHandle);
  }

  /** What a node offers. */
  specificationOf(slot: number): NodeSpecification {
    return this.versions.specification.get(this.handles[slot] as VersionHandle) as NodeSpecification;
  }

  /** Columns without any node. */
  newColumns(extended: ExtendedResources): NodeColumns {
    return new NodeColumns(this.keys, extended);
  }
}
