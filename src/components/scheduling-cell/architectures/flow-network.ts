/**
 * The network whose cheapest flow is a placement of all waiting tasks at once: Firmament's for resource requests (Gog et al., OSDI 2016, section 3.3,
 * its network-aware policy with CPU and memory for bandwidth).
 *
 *     source -> job -> class of requests -> node -> sink
 *                \________________________________/ unscheduled
 *
 * A job supplies its waiting tasks. An arc from a class to a node has room for as many tasks as fit there; from the node to the sink each further task costs
 * more (spread) or all cost what the node has free (pack). A task that stays unscheduled costs more than any node, and more with every second waited
 * and every step of priority. That tasks of several classes fit on one node each does not say that they do together: who places them looks again.
 */
import type { NodeColumns } from '../../kube-scheduler/node-columns.ts';
import type { PodRequirements } from '../../kube-scheduler/pod-requirements.ts';
import type { Job } from '../job.ts';
import { MinimumCostFlow } from './minimum-cost-flow.ts';

/** How nodes are priced. */
export type FlowPolicy = 'spread' | 'pack';

/** Places of a network's fixed vertices. */
const SOURCE = 0;
const SINK = 1;
const FIRST_JOB = 2;

/** Price of a node that is free altogether, in the pack policy: prices are whole numbers, and a thousandth of a node is fine enough. */
const PRICE_OF_EMPTY = 1_000;
/** Price of leaving a task unscheduled that has just come, above that of any node: no node has so many tasks. */
const UNSCHEDULED = 1_000_000;
/** Longest wait that still raises it [s], so that prices stay exact. */
const LONGEST_WAIT = 1_000_000;
/** What a step of priority weighs, in seconds of waiting, so that it comes before any wait. */
const SECONDS_PER_PRIORITY = 10 * LONGEST_WAIT;
/** Priorities that are told apart on either side of 0. */
const MOST_PRIORITY = 1_000;

/** An arc on which flow is a placement. */
interface PlacementArc {
  readonly arc: number;
  readonly node: number;
}

/** A class of tasks that ask for the same. */
interface TaskClass {
  readonly requirements: PodRequirements;
  readonly jobs: Job[];
  readonly arcs: PlacementArc[];
}

/** Tasks of a job on a node. */
export interface FlowPlacement {
  readonly job: Job;
  readonly node: number;
  readonly tasks: number;
}

/** Builds the network of a moment, and reads placements off it. */
export class FlowNetwork {
  /** Arcs of the last network [arc], by which a solver's time goes. */
  arcs = 0;
  private readonly solver = new MinimumCostFlow();
  private readonly policy: FlowPolicy;

  constructor(policy: FlowPolicy) {
    this.policy = policy;
  }

  /** The cheapest placement of what waits of these jobs. `waited` says how long each has [s]. */
  place(jobs: readonly Job[], nodes: NodeColumns, waited: (job: Job) => number): FlowPlacement[] {
    const { solver } = this;
    const classes = classesOf(jobs);
    const slots = nodes.order.slots().subarray(0, nodes.order.count);
    const firstClass = FIRST_JOB + jobs.length;
    const firstNode = firstClass + classes.length;
    solver.reset(firstNode + slots.length);
    this.arcs = 0;
    const routes = this.addJobs(jobs, classes, firstClass, waited);
    const room = new Int32Array(slots.length);
    classes.forEach((taskClass, number) => {
      this.addClass(taskClass, firstClass + number, nodes, slots, firstNode, room);
    });
    for (let place = 0; place < slots.length; place++) {
      this.addNode(nodes, slots[place] as number, firstNode + place, room[place] as number);
    }
    solver.solve(SOURCE, SINK);
    return this.read(classes, routes);
  }

  /** Arcs into the network and past it; returns the arc from each job to its class. */
  private addJobs(
    jobs: readonly Job[],
    classes: readonly TaskClass[],
    firstClass: number,
    waited: (job: Job) => number,
  ): Map<Job, number> {
    const routes = new Map<Job, number>();
    jobs.forEach((job, number) => {
      this.add(SOURCE, FIRST_JOB + number, job.waiting, 0);
      this.add(FIRST_JOB + number, SINK, job.waiting, priceOfWaiting(job, waited(job)));
      const classNumber = classes.findIndex(({ requirements }) => requirements.shape === job.requirements.shape);
      routes.set(job, this.add(FIRST_JOB + number, firstClass + classNumber, job.waiting, 0));
    });
    return routes;
  }

  private addClass(
    taskClass: TaskClass,
    vertex: number,
    nodes: NodeColumns,
    slots: Int32Array,
    firstNode: number,
    room: Int32Array,
  ): void {
    const wanted = taskClass.jobs.reduce((sum, { waiting }) => sum + waiting, 0);
    for (let place = 0; place < slots.length; place++) {
      const node = slots[place] as number;
      const fitting = Math.min(wanted, tasksThatFit(nodes, node, taskClass.requirements));
      if (fitting === 0) continue;
      taskClass.arcs.push({ arc: this.add(vertex, firstNode + place, fitting, 0), node });
      room[place] = (room[place] as number) + fitting;
    }
  }

  /** Arcs from a node to the sink for up to `room` tasks. */
  private addNode(nodes: NodeColumns, node: number, vertex: number, room: number): void {
    const pods = nodes.pods[node] as number;
    const most = Math.min(room, (nodes.allowedPods[node] as number) - pods);
    if (most <= 0) return;
    if (this.policy === 'pack') {
      this.add(vertex, SINK, most, Math.round(PRICE_OF_EMPTY * freeShare(nodes, node)));
      return;
    }
    for (let more = 0; more < most; more++) this.add(vertex, SINK, 1, pods + more);
  }

  private add(from: number, to: number, capacity: number, cost: number): number {
    this.arcs++;
    return this.solver.addArc(from, to, capacity, cost);
  }

  /** Hands what flows from each class to nodes out to its jobs, the first first. */
  private read(classes: readonly TaskClass[], routes: ReadonlyMap<Job, number>): FlowPlacement[] {
    const placements: FlowPlacement[] = [];
    for (const { jobs, arcs } of classes) {
      let next = 0;
      let left = this.solver.flowOn(arcs[next]?.arc ?? 0);
      for (const job of jobs) {
        let open = this.solver.flowOn(routes.get(job) as number);
        while (open > 0) {
          while (left === 0) left = this.solver.flowOn((arcs[++next] as PlacementArc).arc);
          const tasks = Math.min(open, left);
          placements.push({ job, node: (arcs[next] as PlacementArc).node, tasks });
          open -= tasks;
          left -= tasks;
        }
      }
    }
    return placements;
  }
}

function classesOf(jobs: readonly Job[]): TaskClass[] {
  const classes = new Map<number, TaskClass>();
  for (const job of jobs) {
    const { requirements } = job;
    const known = classes.get(requirements.shape);
    if (known === undefined) classes.set(requirements.shape, { requirements, jobs: [job], arcs: [] });
    else known.jobs.push(job);
  }
  return [...classes.values()];
}

/** What it costs to leave a task of a job unscheduled. */
function priceOfWaiting({ specification: { priority } }: Job, waited: number): number {
  const step = Math.min(Math.max(priority, -MOST_PRIORITY), MOST_PRIORITY) + MOST_PRIORITY;
  return UNSCHEDULED + Math.min(Math.floor(waited), LONGEST_WAIT) + step * SECONDS_PER_PRIORITY;
}

/** Share of a node that is free, of the resource of which the least is. */
function freeShare(nodes: NodeColumns, node: number): number {
  const ofCpu = 1 - (nodes.requestedCpu[node] as number) / (nodes.allocatableCpu[node] as number);
  const ofMemory = 1 - (nodes.requestedMemory[node] as number) / (nodes.allocatableMemory[node] as number);
  return Math.max(0, Math.min(ofCpu, ofMemory));
}

/** How many tasks that ask for this fit on a node, if nothing else comes. */
function tasksThatFit(nodes: NodeColumns, node: number, pod: PodRequirements): number {
  const times = (amount: number, allocatable: ArrayLike<number>, requested: ArrayLike<number>) =>
    amount > 0
      ? Math.floor(((allocatable[node] as number) - (requested[node] as number)) / amount)
      : Number.POSITIVE_INFINITY;
  let fitting = (nodes.allowedPods[node] as number) - (nodes.pods[node] as number);
  fitting = Math.min(fitting, times(pod.cpu, nodes.allocatableCpu, nodes.requestedCpu));
  fitting = Math.min(fitting, times(pod.memory, nodes.allocatableMemory, nodes.requestedMemory));
  fitting = Math.min(fitting, times(pod.ephemeralStorage, nodes.allocatableStorage, nodes.requestedStorage));
  for (const { resource, amount } of pod.extended) {
    const [allocatable, requested] = [nodes.allocatableExtended[resource], nodes.requestedExtended[resource]];
    if (allocatable === undefined || requested === undefined) return 0;
    fitting = Math.min(fitting, times(amount, allocatable, requested));
  }
  if (pod.gpu !== undefined) {
    if (!nodes.gpus.admits(node, pod.gpu)) return 0;
    fitting = Math.min(fitting, Math.floor((nodes.gpus.freeSum[node] as number) / (pod.gpu.milli * pod.gpu.count)));
  }
  return Math.max(0, fitting);
}
