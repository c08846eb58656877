/** A measure of nodes, kept up node by node, and its sum over a cell. */
import type { Cell } from './cell.ts';

/** The meter. */
export class NodeMeter {
  private readonly cell: Cell;
  private readonly measure: (slot: number) => number;
  /** Of each node, by slot. */
  private values = new Float64Array(0);

  constructor(cell: Cell, measure: (slot: number) => number) {
    this.cell = cell;
    this.measure = measure;
    cell.listen({
      nodeChanged: (node) => this.look(node),
      taskHeld: ({ node }) => this.look(node),
      taskEnded: ({ node }) => this.look(node),
      taskGivenBack: ({ node }) => this.look(node),
      taskReturned: ({ node }) => this.look(node),
    });
  }

  /** Of all nodes. Summed anew, so that it does not depend on how the cell came to be as it is. */
  sum(): number {
    const { values } = this;
    let sum = 0;
    for (let slot = 0; slot < values.length; slot++) sum += values[slot] as number;
    return sum;
  }

  private look(node: number): void {
    const { nodes } = this.cell;
    if (this.values.length < nodes.capacity) {
      const bigger = new Float64Array(nodes.capacity);
      bigger.set(this.values);
      this.values = bigger;
    }
    nodes.gpus.ensure(node);
    this.values[node] = nodes.isKnown(node) ? this.measure(node) : 0;
  }
}
