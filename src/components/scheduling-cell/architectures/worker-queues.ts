/**
 * Queues at the nodes: each node (worker) has a FIFO queue of reservations of jobs, and starts what is first in it as soon as it has the room.
 * Sparrow (SOSP 2013, section 3) and what was built on it.
 *
 * A reservation is bound (a task of the job is meant for this node) or late-binding: then the node asks the job's scheduler for a task when the
 * reservation's turn has come, holds the room until the answer, and gets a task or, if all have gone elsewhere, nothing. The order in which the
 * scheduler hears the questions is that in which they are asked, as all messages take equally long: so that the answer is settled when it arrives.
 * The first in a queue is waited for, even if one behind it would fit.
 */
import type { EventType } from '../../../engine/index.ts';
import type { Nanoseconds } from '../../../units/index.ts';
import type { CellCopy } from '../cell-copy.ts';
import type { Job, Task } from '../job.ts';
import type { ArchitectureContext } from './scheduling-architecture.ts';

/** No entry: the end of a queue. */
const NONE = -1;
/** Room for entries and nodes at first; doubled. */
const INITIAL_ROOM = 256;

/** What an architecture is told by its queues. */
export interface QueueOwner {
  /** A task has started. */
  started?(task: Task): void;
  /** A node has nothing in its queue, and room. */
  idle?(node: number): void;
}

/** The queues of one scheduler over all nodes. Entries are columns, linked by node. */
export class WorkerQueues {
  /** Reservations in each node's queue [reservation], state. */
  length = new Int32Array(INITIAL_ROOM);
  private readonly context: ArchitectureContext;
  private readonly owner: QueueOwner;
  private readonly delay: Nanoseconds;
  /** The cell with the room that is held for answers on their way; undefined where messages take no time. */
  private readonly promised: CellCopy | undefined;
  private first = new Int32Array(INITIAL_ROOM).fill(NONE);
  private last = new Int32Array(INITIAL_ROOM).fill(NONE);
  /** Entries: the job, whether a task is bound to the node, what follows; state. */
  private readonly jobs: (Job | undefined)[] = [];
  private bound = new Uint8Array(INITIAL_ROOM);
  private next = new Int32Array(INITIAL_ROOM);
  /** First of the entries that are free, state. */
  private free = NONE;
  /** Entries whose answer is awaited [entry], state. */
  private asked = 0;
  private readonly evAnswer: EventType;

  constructor(context: ArchitectureContext, delay: Nanoseconds, owner: QueueOwner) {
    this.context = context;
    this.delay = delay;
    this.owner = owner;
    this.promised = delay > 0 ? context.cell.copy() : undefined;
    context.simulation.addInvariantCheck('worker queues', () => this.checkInvariants());
    this.evAnswer = context.simulation.on(`cell scheduler ${context.name}: answer to a worker`, (node, entry) =>
      this.onAnswer(node, entry),
    );
  }

  /** Puts a reservation at the end of a node's queue. */
  push(node: number, job: Job, isBound: boolean): void {
    this.makeRoom(node);
    const entry = this.allocate(job, isBound);
    const tail = this.last[node] as number;
    if (tail === NONE) this.first[node] = entry;
    else this.next[tail] = entry;
    this.last[node] = entry;
    this.length[node] = (this.length[node] as number) + 1;
  }

  /** Starts what can start on a node. Called after something was queued there or room was freed. */
  proceed(node: number): void {
    if (node >= this.first.length) this.makeRoom(node);
    while (this.first[node] !== NONE) {
      const entry = this.first[node] as number;
      const job = this.jobs[entry] as Job;
      if (!this.fits(node, job)) return;
      this.unlink(node, entry, NONE);
      if (this.bound[entry] === 1) this.start(node, entry);
      else this.ask(node, entry);
    }
    if (this.owner.idle !== undefined && this.hasRoom(node)) this.owner.idle(node);
  }

  /** Empties a node's queue; returns the jobs of its reservations, with whether each was bound. */
  drain(node: number): { readonly job: Job; readonly isBound: boolean }[] {
    const drained: { readonly job: Job; readonly isBound: boolean }[] = [];
    if (node >= this.first.length) return drained;
    while (this.first[node] !== NONE) {
      const entry = this.first[node] as number;
      drained.push({ job: this.jobs[entry] as Job, isBound: this.bound[entry] === 1 });
      this.unlink(node, entry, NONE);
      this.release(entry);
    }
    return drained;
  }

  /**
   * Takes late-binding reservations out of a node's queue that stand behind a bound one: the first such group. `behind` says that what runs there
   * counts as bound, so that the group may stand at the front. Returns the jobs.
   */
  stealGroup(node: number, behind: boolean): Job[] {
    const stolen: Job[] = [];
    if (node >= this.first.length) return stolen;
    let before = NONE;
    let entry = this.first[node] as number;
    let isBehind = behind;
    while (entry !== NONE) {
      const following = this.next[entry] as number;
      if (this.bound[entry] === 1) {
        if (stolen.length > 0) return stolen;
        isBehind = true;
        before = entry;
      } else if (isBehind) {
        stolen.push(this.jobs[entry] as Job);
        this.unlink(node, entry, before);
        this.release(entry);
      } else {
        before = entry;
      }
      entry = following;
    }
    return stolen;
  }

  // ---- answers -----------------------------------------------------------------------------------------------------------------

  private fits(node: number, { requirements }: Job): boolean {
    if (this.promised === undefined) return this.context.cell.fits(node, requirements);
    this.promised.synchronise();
    return this.promised.fits(node, requirements);
  }

  /** Whether a node has CPU and memory that nobody has and no answer is awaited for. */
  private hasRoom(node: number): boolean {
    this.promised?.synchronise();
    const nodes = this.promised?.nodes ?? this.context.cell.nodes;
    return (
      (nodes.requestedCpu[node] as number) < (nodes.allocatableCpu[node] as number) &&
      (nodes.requestedMemory[node] as number) < (nodes.allocatableMemory[node] as number)
    );
  }

  /** The reservation's turn has come: its scheduler is asked for a task, and the room is held until it answers. */
  private ask(node: number, entry: number): void {
    if (this.promised === undefined) {
      this.start(node, entry);
      return;
    }
    const { requirements } = this.jobs[entry] as Job;
    this.promised.count(node, requirements, 0, 1);
    this.asked++;
    this.context.simulation.after((2 * this.delay) as Nanoseconds, this.evAnswer, node, entry);
  }

  private onAnswer(node: number, entry: number): void {
    const { requirements } = this.jobs[entry] as Job;
    this.promised?.count(node, requirements, 0, -1);
    this.asked--;
    this.start(node, entry);
    this.proceed(node);
  }

  /** Starts a task of the entry's job if one is left. */
  private start(node: number, entry: number): void {
    const job = this.jobs[entry] as Job;
    this.release(entry);
    if (job.waiting === 0) {
      this.context.statistics.happened('no_op');
      return;
    }
    const task = this.context.cell.claim(job, node);
    if (task !== undefined) this.owner.started?.(task);
    // Another scheduler of the cell, or another answer for a node with shared GPUs, was there first.
    else this.push(node, job, this.bound[entry] === 1);
  }

  /** Every reservation is in a queue, or its node has asked for a task. */
  private checkInvariants(): void {
    const queued = this.length.reduce((sum, length) => sum + length, 0);
    const entries = this.jobs.filter((job) => job !== undefined).length;
    const message = `${entries} reservations, but ${queued} are queued and ${this.asked} asked for`;
    this.context.simulation.invariant(entries === queued + this.asked, 'worker queues', message);
  }

  // ---- entries -----------------------------------------------------------------------------------------------------------------

  private allocate(job: Job, isBound: boolean): number {
    let entry = this.free;
    if (entry === NONE) {
      entry = this.jobs.length;
      if (entry === this.next.length) {
        this.next = doubled(this.next);
        this.bound = doubled(this.bound);
      }
    } else {
      this.free = this.next[entry] as number;
    }
    this.jobs[entry] = job;
    this.bound[entry] = isBound ? 1 : 0;
    this.next[entry] = NONE;
    return entry;
  }

  private release(entry: number): void {
    this.jobs[entry] = undefined;
    this.next[entry] = this.free;
    this.free = entry;
  }

  /** Takes an entry out of a queue; `before` is the one that it follows, NONE at the front. */
  private unlink(node: number, entry: number, before: number): void {
    const following = this.next[entry] as number;
    if (before === NONE) this.first[node] = following;
    else this.next[before] = following;
    if (following === NONE) this.last[node] = before;
    this.length[node] = (this.length[node] as number) - 1;
  }

  private makeRoom(node: number): void {
    while (node >= this.first.length) {
      const slots = this.first.length;
      this.length = doubled(this.length);
      this.first = doubled(this.first).fill(NONE, slots);
      this.last = doubled(this.last).fill(NONE, slots);
    }
  }
}

/** The column with twice the room. */
function doubled<T extends Int32Array | Uint8Array>(column: T): T {
  const larger = new (column.constructor as new (length: number) => T)(column.length * 2);
  larger.set(column);
  return larger;
}
