/** Pods as a scheduler's informer shows them to its loop and its binding cycles. */
import { NO_VERSION, type ObjectKey, type ObjectTables } from '../../cluster/index.ts';
import type { SharedInformer } from '../client-go/index.ts';
import type { PodView } from './scheduling-loop.ts';

/** The view of one scheduler. */
export class InformedPods implements PodView {
  private readonly informer: SharedInformer;
  private readonly tables: ObjectTables;

  constructor(informer: SharedInformer, tables: ObjectTables) {
    this.informer = informer;
    this.tables = tables;
  }

  isPending(key: ObjectKey, uid: number): boolean {
    const { pods } = this.tables;
    const version = this.informer.get(key);
    return (
      version !== NO_VERSION && pods.uid.get(version) === uid && pods.node.get(version) < 0 && !pods.isTerminal(version)
    );
  }

  isTerminating(key: ObjectKey): boolean {
    const version = this.informer.get(key);
    return version === NO_VERSION || this.tables.pods.isTerminating(version);
  }

  nominatedNode(key: ObjectKey): number {
    const version = this.informer.get(key);
    return version === NO_VERSION ? -1 : this.tables.pods.nominatedNode.get(version);
  }
}
