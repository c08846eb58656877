/** The known nodes in the fixed order of their ranks. */
import type { AlgorithmContext } from './scheduling-algorithm.ts';

/** The list, made anew when nodes have come or gone. */
export class RankedNodes {
  private readonly context: AlgorithmContext;
  private list = new Int32Array(0);
  /** Changes of nodes when it was made. */
  private seen = -1;

  constructor(context: AlgorithmContext) {
    this.context = context;
  }

  /** Slots by rising rank. */
  slots(): Int32Array {
    const { nodes, rankOf = (slot: number) => slot } = this.context;
    if (nodes.offerChanges !== this.seen) {
      this.seen = nodes.offerChanges;
      this.list = nodes.order.slots().slice(0, nodes.order.count);
      this.list.sort((a, b) => rankOf(a) - rankOf(b));
    }
    return this.list;
  }
}
