/** Hawk's central view: which nodes long jobs may use, how much estimated work of long tasks each has, and where long tasks are. */
import type { NodeColumns } from '../../kube-scheduler/node-columns.ts';
import type { Job } from '../job.ts';
import { WaitingTimes } from './waiting-times.ts';

/** Estimates count as this at most [ns], 11 days: tasks without an end have an infinite one, and sums must stay exact. */
const LONGEST_ESTIMATE = 1e15;

/** Long tasks by node. */
export class LongTasks {
  /** Nodes of the general partition, state. */
  private members = new Int32Array(0);
  private readonly nodes: NodeColumns;
  private readonly shortPartition: number;
  /** Nodes of the general partition by estimated work [ns of the whole node], queued and running. */
  private readonly work = new WaitingTimes();
  private readonly isInGeneral: boolean[] = [];
  /** Long tasks queued or running, and running, by node. */
  private readonly present: number[] = [];
  private readonly running: number[] = [];
  private stale = true;

  constructor(nodes: NodeColumns, shortPartition: number) {
    this.nodes = nodes;
    this.shortPartition = shortPartition;
  }

  /** Nodes have come or gone: who belongs where is worked out anew when it is next asked. */
  repartition(): void {
    this.stale = true;
  }

  /** Nodes of the general partition. */
  get general(): Int32Array {
    this.update();
    return this.members;
  }

  /** Whether long jobs may use a node. */
  isGeneral(node: number): boolean {
    this.update();
    return this.isInGeneral[node] ?? false;
  }

  /** Whether a long task waits or runs on a node. */
  isAt(node: number): boolean {
    return (this.present[node] ?? 0) > 0;
  }

  /** Whether a long task runs on a node. */
  isRunning(node: number): boolean {
    return (this.running[node] ?? 0) > 0;
  }

  /** The node with the least work on which a task of the job could run at all, with the task noted; -1 if there is none. */
  choose(job: Job): number {
    this.update();
    const { work } = this;
    const tooSmall: number[] = [];
    while (work.size > 0 && !(this.shareOf(work.least, job) <= 1)) {
      tooSmall.push(work.least);
      work.remove(work.least);
    }
    const node = work.size > 0 ? work.least : -1;
    for (const small of tooSmall) work.insert(small);
    if (node >= 0) {
      work.add(node, this.workOf(node, job));
      this.present[node] = (this.present[node] ?? 0) + 1;
    }
    return node;
  }

  /** A long task has begun to run on a node. */
  starts(node: number): void {
    this.running[node] = (this.running[node] ?? 0) + 1;
  }

  /** It no longer runs. */
  ends(node: number): void {
    this.running[node] = (this.running[node] ?? 0) - 1;
  }

  /** A long task has left a node, or its queue. */
  leaves(node: number, job: Job): void {
    this.work.add(node, -this.workOf(node, job));
    this.present[node] = (this.present[node] ?? 0) - 1;
  }

  /** Estimated time of the whole node that a task takes [ns], whole so that what is added can be taken off. */
  private workOf(node: number, job: Job): number {
    return Math.round(Math.min(job.specification.estimatedDuration, LONGEST_ESTIMATE) * this.shareOf(node, job));
  }

  /** Greatest share of the node's CPU and memory that a task takes; Infinity where the node has none. */
  private shareOf(node: number, { requirements: { cpu, memory } }: Job): number {
    const ofCpu = cpu === 0 ? 0 : cpu / (this.nodes.allocatableCpu[node] as number);
    const ofMemory = memory === 0 ? 0 : memory / (this.nodes.allocatableMemory[node] as number);
    return Math.max(ofCpu, ofMemory);
  }

  private update(): void {
    if (!this.stale) return;
    this.stale = false;
    const { order } = this.nodes;
    const all = order.slots().slice(0, order.count);
    for (const node of this.members) this.work.remove(node);
    this.isInGeneral.length = 0;
    this.members = all.slice(Math.floor(all.length * this.shortPartition));
    for (const node of this.members) {
      this.isInGeneral[node] = true;
      this.work.insert(node);
    }
  }
}
