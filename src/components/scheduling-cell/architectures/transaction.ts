/**
 * One attempt to place a job by what a private copy of the cell says, and to have that come true: Omega's transaction (EuroSys 2013, section 3.4).
 *
 * Each task is placed on the copy; then its claim is held against the cell. In fine detail a claim conflicts if the task no longer fits on its
 * node; coarsely, if the node has changed at all since the copy was taken (its sequence number). An incremental transaction takes what does not
 * conflict; all-or-nothing takes the whole job or nothing, as does the gang of a job that has one.
 */
import type { Cell } from '../cell.ts';
import type { CellCopy } from '../cell-copy.ts';
import type { Job, Task } from '../job.ts';
import type { NodeChooser } from '../node-chooser.ts';

/** How transactions go. */
export interface TransactionRules {
  /** Whether any change of a node since the copy was taken is a conflict. */
  readonly coarse: boolean;
  /** Whether a job is placed as a whole or not at all. */
  readonly allOrNothing: boolean;
}

/** A scheduler's private view of the cell, and its attempts by it. */
export class PrivateState {
  /** What the last transaction came to: tasks placed for good, and claims that met a conflict [task]. */
  committed = 0;
  conflicts = 0;
  /** Instant at which the copy was taken [ns], state; -1 = never. */
  takenAt = -1;
  private readonly cell: Cell;
  private readonly copy: CellCopy;
  private readonly chooser: NodeChooser;
  private readonly rules: TransactionRules;
  /** Sequence number of each node when the copy was taken, or after the scheduler's own last claim on it, state; used where conflicts are coarse. */
  private seen = new Int32Array(0);
  /** The nodes and devices that were chosen, task by task. */
  private readonly nodes: number[] = [];
  private readonly devices: number[] = [];
  private readonly held: Task[] = [];

  constructor(cell: Cell, chooser: (copy: CellCopy) => NodeChooser, rules: TransactionRules) {
    this.cell = cell;
    this.copy = cell.copy();
    this.chooser = chooser(this.copy);
    this.rules = rules;
  }

  /** Takes a new copy of the cell. */
  synchronise(): void {
    this.copy.synchronise();
    this.takenAt = this.cell.simulation.now;
    if (!this.rules.coarse) return;
    const { version } = this.cell.nodes;
    if (this.seen.length < version.length) this.seen = version.slice();
    else this.seen.set(version);
  }

  /** Places the waiting tasks of a job by the copy and claims them. What was tried stays on the copy until it is taken anew. */
  attempt(job: Job): void {
    this.committed = 0;
    this.conflicts = 0;
    const wanted = job.waiting;
    // A gang's tasks beyond those that run already must all be there; what is more than the gang is welcome but not needed.
    const needed = this.rules.allOrNothing ? wanted : Math.min(wanted, Math.max(0, job.gang - job.running - job.ended));
    this.plan(job, wanted);
    if (this.nodes.length < needed || this.nodes.length === 0) return;
    this.claim(job);
    if (this.held.length < needed) {
      for (const task of this.held) this.cell.giveBack(task);
      this.conflicts = this.nodes.length;
    } else {
      for (const task of this.held) this.cell.start(task);
      this.committed = this.held.length;
    }
    this.held.length = 0;
  }

  private plan(job: Job, wanted: number): void {
    const { nodes, devices, chooser, copy } = this;
    const { requirements } = job;
    nodes.length = 0;
    devices.length = 0;
    while (nodes.length < wanted) {
      const node = chooser.choose(requirements);
      if (node < 0) return;
      nodes.push(node);
      devices.push(copy.try(node, requirements, chooser.decision.devices));
    }
  }

  private claim(job: Job): void {
    const { nodes, devices, held, seen, cell } = this;
    const { coarse, allOrNothing } = this.rules;
    const { version } = cell.nodes;
    for (let i = 0; i < nodes.length; i++) {
      const node = nodes[i] as number;
      const task = coarse && version[node] !== seen[node] ? undefined : cell.hold(job, node, devices[i] as number);
      if (task !== undefined) {
        held.push(task);
        // Its own changes are no news to a scheduler.
        if (coarse) seen[node] = version[node] as number;
      } else {
        this.conflicts++;
        if (allOrNothing) return;
      }
    }
  }
}
