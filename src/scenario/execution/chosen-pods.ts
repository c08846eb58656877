/** Pods that a barrier waits for by the name of the operation that created them. */
import { kinds, type ObjectKey } from '../../cluster/index.ts';
import type { Selection } from '../operations/index.ts';
import { selectObjects } from './change-objects.ts';
import type { Execution } from './execution.ts';

/** Pods of one choice, by state. */
export interface CountedPods {
  readonly existing: number;
  readonly scheduled: number;
  readonly ready: number;
}

/** Counts the pods of a choice again and again; which they are is looked up only after pods have come or gone. */
export class ChosenPods {
  private readonly execution: Execution;
  private readonly selection: Selection;
  private keys: readonly ObjectKey[] = [];
  /** Pods that had come and gone when the keys were looked up. */
  private seen = -1;

  constructor(execution: Execution, selection: Selection) {
    this.execution = execution;
    this.selection = selection;
  }

  /** Their states now. */
  count(): CountedPods {
    const { store, tables, census } = this.execution.cluster;
    const changes = census.created + census.removed;
    if (changes !== this.seen) {
      this.keys = selectObjects(this.execution, kinds.pods, this.selection);
      this.seen = changes;
    }
    const counted = { existing: this.keys.length, scheduled: 0, ready: 0 };
    for (const key of this.keys) {
      const pod = store.current(kinds.pods, key);
      if (!tables.pods.isActive(pod)) continue;
      if (tables.pods.node.get(pod) >= 0) counted.scheduled++;
      if (tables.pods.isReady(pod)) counted.ready++;
    }
    return counted;
  }
}
