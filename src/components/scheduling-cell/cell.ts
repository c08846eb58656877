/**
 * A cell: nodes, and which task runs where. It is the truth that schedulers share; what they believe may be a {@link CellCopy} of it.
 * There is no control plane here: a claim takes effect at once, tasks start at once and end by themselves when their time is over.
 *
 * A task goes: waiting -> held (room taken, not started) -> running -> ended. Held and running ones can lose their room and wait again.
 */
import type { NodeSpecification, PodTemplate } from '../../cluster/index.ts';
import type { EventType, Simulation } from '../../engine/index.ts';
import { type Nanoseconds, plus, type SimTime } from '../../units/index.ts';
import { NO_DEVICES } from '../kube-scheduler/gpu-columns.ts';
import type { NodeColumns } from '../kube-scheduler/node-columns.ts';
import { ExtendedResources, type PodRequirements, PodRequirementTable } from '../kube-scheduler/pod-requirements.ts';
import { CellCopy } from './cell-copy.ts';
import { checkCell } from './cell-invariants.ts';
import { CellNodes } from './cell-nodes.ts';
import { Job, type JobSpecification, type Task, TaskState } from './job.ts';
import { PlacementLog } from './placement-log.ts';
import { countPlacement, hasRoom } from './placing.ts';

/** Who is told of what happens in a cell. All that is left out is not of interest. */
export interface CellListener {
  jobSubmitted?(job: Job): void;
  /** Room was taken on a node, for a task that may start later. */
  taskHeld?(task: Task): void;
  taskStarted?(task: Task): void;
  /** A task has ended by itself; its room is free. */
  taskEnded?(task: Task): void;
  /** Room that was taken at this instant was given back: nothing came of it. */
  taskGivenBack?(task: Task): void;
  /** A task has lost its room before its end and waits again. */
  taskReturned?(task: Task, reason: ReturnReason): void;
  /** Waiting tasks of a job were given up: they can never fit (rejected), or nobody tries any longer (abandoned). */
  tasksGivenUp?(job: Job, tasks: number, how: 'rejected' | 'abandoned'): void;
  /** A node came or changed (its room may have grown), or went. */
  nodeChanged?(node: number): void;
}

/** Why a task lost its room: held and not needed, for the sake of another, with its node, moved by its scheduler, or by a descheduler. */
export type ReturnReason = 'released' | 'preempted' | 'node lost' | 'migrated' | 'descheduled';

/** The cell. */
export class Cell {
  readonly simulation: Simulation;
  /** What runs where, summed by node; `nodes.version` of a slot is raised at every change of it: its sequence number. */
  readonly nodes: NodeColumns;
  /** Names, specifications and ranks of nodes. */
  readonly register = new CellNodes();
  /** Jobs that are not over, by id, state. */
  readonly jobs = new Map<number, Job>();
  /** Tasks that hold room, by id; undefined = the id is free. */
  readonly tasks: (Task | undefined)[] = [];
  /** Jobs and tasks so far [job, task], statistic. */
  submittedJobs = 0;
  submittedTasks = 0;
  /** Tasks by what has become of them [task], state. */
  waiting = 0;
  held = 0;
  running = 0;
  ended = 0;
  rejected = 0;
  abandoned = 0;
  /** Extended resources by number, of the cell and all its copies. */
  readonly extended = new ExtendedResources();
  private readonly requirementTable = new PodRequirementTable(this.extended);
  private readonly log = new PlacementLog();
  private readonly copies: CellCopy[] = [];
  private readonly freeIds: number[] = [];
  /** Event that ends each running task, by task id. */
  private readonly endings: number[] = [];
  private readonly listeners: CellListener[] = [];
  private readonly evTaskEnds: EventType;

  constructor(simulation: Simulation) {
    this.simulation = simulation;
    this.nodes = this.register.newColumns(this.extended);
    this.evTaskEnds = simulation.on('cell: a task ends', (id) => this.onTaskEnds(id));
    simulation.addInvariantCheck('cell', () => checkCell(this));
  }

  /** Tells somebody of what happens. Listeners are told in the order in which they came. */
  listen(listener: CellListener): void {
    this.listeners.push(listener);
  }

  /** What pods of a template ask for. */
  requirementsOf(template: PodTemplate): PodRequirements {
    return this.requirementTable.of(template);
  }

  // ---- nodes -------------------------------------------------------------------------------------------------------------------

  /** Adds a node, or changes what it offers; returns its slot. */
  setNode(name: string, specification: NodeSpecification): number {
    const slot = this.register.set(name, specification);
    this.register.show(slot, this.nodes);
    for (const copy of this.copies) this.register.show(slot, copy.nodes);
    for (const listener of this.listeners) listener.nodeChanged?.(slot);
    return slot;
  }

  /** Takes a node away; its tasks wait again. */
  removeNode(slot: number): void {
    for (const task of this.tasks) if (task?.node === slot) this.returnTask(task, 'node lost');
    this.nodes.removeNode(slot);
    for (const copy of this.copies) copy.nodes.removeNode(slot);
    for (const listener of this.listeners) listener.nodeChanged?.(slot);
  }

  /** A private copy of the cell, as it is now. */
  copy(): CellCopy {
    const copy = new CellCopy(this.register.newColumns(this.extended), this.log);
    const { order } = this.nodes;
    const slots = order.slots();
    for (let i = 0; i < order.count; i++) this.register.show(slots[i] as number, copy.nodes);
    for (const task of this.tasks)
      if (task !== undefined) copy.count(task.node, task.job.requirements, task.devices, 1);
    this.copies.push(copy);
    return copy;
  }

  // ---- jobs --------------------------------------------------------------------------------------------------------------------

  /** A job arrives. Whoever schedules it is told by the owner of the cell. */
  submit(specification: JobSpecification): Job {
    const job = new Job(this.submittedJobs++, specification, this.simulation.now);
    this.jobs.set(job.id, job);
    this.submittedTasks += specification.tasks;
    this.waiting += specification.tasks;
    for (const listener of this.listeners) listener.jobSubmitted?.(job);
    return job;
  }

  /** Gives up waiting tasks of a job: all of them, if no number is given. */
  giveUp(job: Job, how: 'rejected' | 'abandoned', tasks = job.waiting): void {
    if (tasks === 0) return;
    this.simulation.invariant(tasks <= job.waiting, 'cell', `${tasks} tasks given up of ${job.waiting} that wait`);
    job.waiting -= tasks;
    this.waiting -= tasks;
    job[how] += tasks;
    this[how] += tasks;
    this.forgetIfOver(job);
    for (const listener of this.listeners) listener.tasksGivenUp?.(job, tasks, how);
  }

  // ---- tasks -------------------------------------------------------------------------------------------------------------------

  /** Whether a node has the room that a pod asks for. Labels and taints are the choosers' business. */
  fits(node: number, requirements: PodRequirements): boolean {
    return hasRoom(this.nodes, node, requirements);
  }

  /** Takes room for a task of a job and starts it; undefined if the node has not the room (or these devices have not). */
  claim(job: Job, node: number, devices = NO_DEVICES): Task | undefined {
    const task = this.hold(job, node, devices);
    if (task !== undefined) this.start(task);
    return task;
  }

  /** Takes room for a task that is to start later; undefined if there is none. Without devices named, the tightest are taken. */
  hold(job: Job, node: number, devices = NO_DEVICES): Task | undefined {
    const { requirements } = job;
    this.simulation.invariant(job.waiting > 0, 'cell', `job ${job.specification.name} has no task that waits`);
    if (!hasRoom(this.nodes, node, requirements)) return undefined;
    const { gpu } = requirements;
    let taken = NO_DEVICES;
    if (gpu !== undefined) {
      taken = devices === NO_DEVICES ? this.nodes.gpus.tightest(node, gpu) : devices;
      if (!this.nodes.gpus.hasRoom(node, taken, gpu.milli)) return undefined;
    }
    countPlacement(this.nodes, node, requirements, taken, 1);
    this.log.append(node, requirements, taken, 1);
    const { now } = this.simulation;
    const index = job.returned.pop() ?? job.next++;
    const id = this.freeIds.pop() ?? this.tasks.length;
    const task: Task = { job, index, node, devices: taken, heldAt: now, startedAt: now, state: TaskState.Held, id };
    this.tasks[id] = task;
    job.waiting--;
    this.waiting--;
    job.held++;
    this.held++;
    for (const listener of this.listeners) listener.taskHeld?.(task);
    return task;
  }

  /** Starts a held task. */
  start(task: Task): void {
    this.simulation.invariant(task.state === TaskState.Held, 'cell', 'a task was started that holds no room');
    const { job } = task;
    const { now } = this.simulation;
    task.state = TaskState.Running;
    task.startedAt = now;
    job.held--;
    this.held--;
    job.running++;
    this.running++;
    job.started++;
    const duration = job.durationOf(task.index);
    this.endings[task.id] = Number.isFinite(duration)
      ? this.simulation.at(plus(now, duration as Nanoseconds) as SimTime, this.evTaskEnds, task.id)
      : -1;
    for (const listener of this.listeners) listener.taskStarted?.(task);
  }

  /** Gives the room of a held task back at the instant at which it was taken: a trial, of which schedulers are not told. */
  giveBack(task: Task): void {
    const { job } = task;
    const isTrial = task.state === TaskState.Held && task.heldAt === this.simulation.now;
    this.simulation.invariant(isTrial, 'cell', 'a task gives back room that was not taken just now');
    job.held--;
    this.held--;
    job.waiting++;
    this.waiting++;
    this.free(task);
    job.returned.push(task.index);
    for (const listener of this.listeners) listener.taskGivenBack?.(task);
  }

  /** Takes the room from a held or running task, which waits again; what it has done is lost. */
  returnTask(task: Task, reason: ReturnReason): void {
    const { job } = task;
    if (task.state === TaskState.Running) {
      const ending = this.endings[task.id] as number;
      if (ending >= 0) this.simulation.cancel(ending as Parameters<Simulation['cancel']>[0]);
      job.running--;
      this.running--;
    } else {
      this.simulation.invariant(task.state === TaskState.Held, 'cell', 'a task was returned that is gone');
      job.held--;
      this.held--;
    }
    this.free(task);
    job.returned.push(task.index);
    job.waiting++;
    this.waiting++;
    for (const listener of this.listeners) listener.taskReturned?.(task, reason);
  }

  private onTaskEnds(id: number): void {
    const task = this.tasks[id] as Task;
    const { job } = task;
    job.running--;
    this.running--;
    job.ended++;
    this.ended++;
    this.free(task);
    this.forgetIfOver(job);
    for (const listener of this.listeners) listener.taskEnded?.(task);
  }

  private free(task: Task): void {
    const { requirements } = task.job;
    countPlacement(this.nodes, task.node, requirements, task.devices, -1);
    this.log.append(task.node, requirements, task.devices, -1);
    task.state = TaskState.Gone;
    this.tasks[task.id] = undefined;
    this.freeIds.push(task.id);
  }

  private forgetIfOver(job: Job): void {
    if (job.isOver) this.jobs.delete(job.id);
  }
}
