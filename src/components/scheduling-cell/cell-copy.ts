/**
 * What one scheduler believes of a cell: columns of its own that catch up with the truth when it asks, and are wrong in between.
 * Placements that it tries out on the copy are taken back when it catches up: by then the truth has those that came about.
 */

import { NO_DEVICES } from '../kube-scheduler/gpu-columns.ts';
import type { NodeColumns } from '../kube-scheduler/node-columns.ts';
import type { PodRequirements } from '../kube-scheduler/pod-requirements.ts';
import type { LogReader, PlacementLog } from './placement-log.ts';
import { countPlacement, hasRoom } from './placing.ts';

/** A placement (1), or an end of one (-1), that was tried out. */
interface Trial {
  readonly node: number;
  readonly requirements: PodRequirements;
  readonly devices: number;
  readonly sign: 1 | -1;
}

/** The copy. Nodes that come, change or go are seen at once; what is placed on them only by {@link synchronise}. */
export class CellCopy {
  readonly nodes: NodeColumns;
  private readonly log: PlacementLog;
  private readonly reader: LogReader;
  private readonly trials: Trial[] = [];

  constructor(nodes: NodeColumns, log: PlacementLog) {
    this.nodes = nodes;
    this.log = log;
    this.reader = log.open();
  }

  /** Catches up with the cell. */
  synchronise(): void {
    this.takeBack(0);
    this.log.read(this.reader, (node, pod, devices, sign) => this.count(node, pod, devices, sign));
  }

  /** Changes of the cell that it has not seen [placement]. */
  get behind(): number {
    return this.log.end - this.reader.position;
  }

  /** Whether a node has the room, as far as this copy knows. */
  fits(node: number, requirements: PodRequirements): boolean {
    return hasRoom(this.nodes, node, requirements);
  }

  /** Tries a placement out: it counts here until the copy catches up. Returns the devices that it takes. */
  try(node: number, requirements: PodRequirements, devices = NO_DEVICES): number {
    const { gpu } = requirements;
    const taken = gpu === undefined || devices !== NO_DEVICES ? devices : this.nodes.gpus.tightest(node, gpu);
    this.count(node, requirements, taken, 1);
    this.trials.push({ node, requirements, devices: taken, sign: 1 });
    return taken;
  }

  /** Tries out that something that is placed were gone. */
  tryWithout(node: number, requirements: PodRequirements, devices: number): void {
    this.count(node, requirements, devices, -1);
    this.trials.push({ node, requirements, devices, sign: -1 });
  }

  /** Placements that are tried out now. */
  get tried(): number {
    return this.trials.length;
  }

  /** Takes back what was tried since there were `mark` trials. */
  takeBack(mark: number): void {
    for (let i = this.trials.length - 1; i >= mark; i--) {
      const { node, requirements, devices, sign } = this.trials[i] as Trial;
      this.count(node, requirements, devices, sign === 1 ? -1 : 1);
    }
    this.trials.length = mark;
  }

  /** Counts something that is placed, or no longer. */
  count(node: number, requirements: PodRequirements, devices: number, sign: 1 | -1): void {
    countPlacement(this.nodes, node, requirements, devices, sign);
  }
}
