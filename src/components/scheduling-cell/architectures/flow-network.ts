/**
 * The network whose cheapest flow is a placement of all waiting tasks at once: Firmament's for resource requests (Gog et al., OSDI 2016, section 3.3,
 * its network-aware policy with CPU and memory for bandwidth).
 *
 *     source -> job -> class of requests -> node -> sink
 *                \________________________________/ unscheduled
 *     source -> running tasks of a job on a node -> their places -> sink
 *                \-> class (migration)   \------------------------/ unscheduled (preemption)
 *
 * A job supplies its waiting tasks. An arc from a class to a node has room for as many tasks as fit there; from the node to the sink each further task costs
 * more (spread) or all cost what the node has free (pack). A task that stays unscheduled costs more than any node, and more with every second waited
 * and every step of priority. Where running tasks are part of the network, each place of theirs can be kept, or taken over by another task, at the same
 * price; leaving it for another node costs the migration, and losing it more than any wait, the more the longer the task has run. That tasks of several classes fit on one node each does not say that they do together: who places them looks again.
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
  /** Running tasks of the class that may move to another node. */
  moving: number;
}

/** Tasks of a job on a node. */
export interface FlowPlacement {
  readonly job: Job;
  readonly node: number;
  readonly tasks: number;
}

/** Running tasks of a job on a node that may lose their places. */
export interface RunningTasks {
  readonly job: Job;
  readonly node: number;
  readonly tasks: number;
  /** How long they have run on average [s]. */
  readonly ran: number;
}

/** What the network is built for beside jobs that wait. */
export interface RunningPart {
  readonly groups: readonly RunningTasks[];
  /** Price of a task that moves to another node; undefined = none moves. */
  readonly migrationPrice: number | undefined;
}

/** What becomes of everything. */
export interface FlowResult {
  readonly placements: readonly FlowPlacement[];
  /** Of each group of running tasks, how many keep their places, and how many move; the others lose theirs. */
  readonly fates: readonly { readonly staying: number; readonly moving: number }[];
}

/** Arcs of a group of running tasks. */
interface RunningArcs {
  readonly stay: number;
  /** To the class; undefined = none moves. */
  readonly move: number | undefined;
}

/** Nothing runs that could be moved. */
const NOTHING_RUNS: RunningPart = { groups: [], migrationPrice: undefined };

/** Builds the network of a moment, and reads placements off it. */
export class FlowNetwork {
  /** Arcs of the last network [arc], by which a solver's time goes. */
  arcs = 0;
  private readonly solver = new MinimumCostFlow();
  private readonly policy: FlowPolicy;

  constructor(policy: FlowPolicy) {
    this.policy = policy;
  }

  /** The cheapest placement of what waits of these jobs, and of what runs. `waited` says how long each has [s]. */
  place(
    jobs: readonly Job[],
    nodes: NodeColumns,
    waited: (job: Job) => number,
    running: RunningPart = NOTHING_RUNS,
  ): FlowResult {
    const { solver } = this;
    const moving = running.migrationPrice === undefined ? [] : running.groups.map(({ job }) => job);
    const classes = classesOf([...new Set([...jobs, ...moving])]);
    if (running.migrationPrice !== undefined)
      for (const { job, tasks } of running.groups) (classes[classOf(job, classes)] as TaskClass).moving += tasks;
    const slots = nodes.order.slots().subarray(0, nodes.order.count);
    const places = placesOf(running.groups);
    const firstClass = FIRST_JOB + jobs.length;
    const firstNode = firstClass + classes.length;
    const firstPlace = firstNode + slots.length;
    const firstGroup = firstPlace + places.length;
    solver.reset(firstGroup + running.groups.length);
    this.arcs = 0;
    const routes = this.addJobs(jobs, classes, firstClass, waited);
    const room = new Int32Array(slots.length);
    classes.forEach((taskClass, number) => {
      this.addClass(taskClass, firstClass + number, nodes, slots, firstNode, room);
      this.addTakeovers(taskClass, firstClass + number, nodes, places, firstPlace);
    });
    for (let place = 0; place < slots.length; place++) {
      this.addNode(nodes, slots[place] as number, firstNode + place, room[place] as number);
    }
    places.forEach(({ node, tasks }, number) => {
      this.addPlaces(nodes, node, firstPlace + number, tasks);
    });
    const arcs = running.groups.map((group, number) =>
      this.addRunning(group, firstGroup + number, running, { classes, firstClass, places, firstPlace, routes }),
    );
    solver.solve(SOURCE, SINK);
    const fates = arcs.map(({ stay, move }) => ({
      staying: solver.flowOn(stay),
      moving: move === undefined ? 0 : solver.flowOn(move),
    }));
    return { placements: this.read(classes, routes), fates };
  }

  /** Arcs into the network and past it; returns the arc from each job to its class. */
  private addJobs(
    jobs: readonly Job[],
    classes: readonly TaskClass[],
    firstClass: number,
    waited: (job: Job) => number,
  ): Map<Job, number[]> {
    const routes = new Map<Job, number[]>();
    jobs.forEach((job, number) => {
      this.add(SOURCE, FIRST_JOB + number, job.waiting, 0);
      this.add(FIRST_JOB + number, SINK, job.waiting, priceOfWaiting(job, waited(job)));
      routes.set(job, [this.add(FIRST_JOB + number, firstClass + classOf(job, classes), job.waiting, 0)]);
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
    const wanted = taskClass.jobs.reduce((sum, { waiting }) => sum + waiting, 0) + taskClass.moving;
    for (let place = 0; place < slots.length; place++) {
      const node = slots[place] as number;
      const fitting = Math.min(wanted, tasksThatFit(nodes, node, taskClass.requirements));
      if (fitting === 0) continue;
      taskClass.arcs.push({ arc: this.add(vertex, firstNode + place, fitting, 0), node });
      room[place] = (room[place] as number) + fitting;
    }
  }

  /** Arcs from a class to places that running tasks have, one task for one: what needs the room of several takes none over. */
  private addTakeovers(
    taskClass: TaskClass,
    vertex: number,
    nodes: NodeColumns,
    places: readonly NodePlaces[],
    firstPlace: number,
  ): void {
    const wanted = taskClass.jobs.reduce((sum, { waiting }) => sum + waiting, 0) + taskClass.moving;
    places.forEach((each, number) => {
      const fitting = Math.min(wanted, takeoversThatFit(nodes, each, taskClass.requirements));
      if (fitting > 0) taskClass.arcs.push({ arc: this.add(vertex, firstPlace + number, fitting, 0), node: each.node });
    });
  }

  /** Arcs from the places of running tasks to the sink, at what they cost as those of the first tasks of the node. */
  private addPlaces(nodes: NodeColumns, node: number, vertex: number, tasks: number): void {
    if (this.policy === 'pack') {
      this.add(vertex, SINK, tasks, Math.round(PRICE_OF_EMPTY * freeShare(nodes, node)));
      return;
    }
    const others = (nodes.pods[node] as number) - tasks;
    for (let place = 0; place < tasks; place++) this.add(vertex, SINK, 1, others + place);
  }

  /** Arcs of running tasks: to their places, to their class if they may move, and past all nodes. */
  private addRunning(
    { job, node, tasks, ran }: RunningTasks,
    vertex: number,
    { migrationPrice }: RunningPart,
    network: {
      readonly classes: readonly TaskClass[];
      readonly firstClass: number;
      readonly places: readonly NodePlaces[];
      readonly firstPlace: number;
      readonly routes: Map<Job, number[]>;
    },
  ): RunningArcs {
    this.add(SOURCE, vertex, tasks, 0);
    this.add(vertex, SINK, tasks, priceOfWaiting(job, LONGEST_WAIT) + Math.min(Math.floor(ran), LONGEST_WAIT));
    const place = network.places.findIndex((each) => each.node === node);
    const stay = this.add(vertex, network.firstPlace + place, tasks, 0);
    if (migrationPrice === undefined) return { stay, move: undefined };
    const move = this.add(vertex, network.firstClass + classOf(job, network.classes), tasks, migrationPrice);
    const known = network.routes.get(job);
    if (known === undefined) network.routes.set(job, [move]);
    else known.push(move);
    return { stay, move };
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
  private read(classes: readonly TaskClass[], routes: ReadonlyMap<Job, readonly number[]>): FlowPlacement[] {
    const placements: FlowPlacement[] = [];
    for (const { jobs, arcs } of classes) {
      let next = 0;
      let left = this.solver.flowOn(arcs[next]?.arc ?? 0);
      for (const job of jobs) {
        let open = 0;
        for (const route of routes.get(job) as readonly number[]) open += this.solver.flowOn(route);
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

/** Places of running tasks on a node. */
interface NodePlaces {
  readonly node: number;
  tasks: number;
  /** What each of them has at least [milli-CPU, B]. */
  cpu: number;
  memory: number;
  /** Shape of their requests; undefined = they differ. */
  shape: number | undefined;
}

function placesOf(groups: readonly RunningTasks[]): NodePlaces[] {
  const places = new Map<number, NodePlaces>();
  for (const { job, node, tasks } of groups) {
    const { cpu, memory, shape } = job.requirements;
    const known = places.get(node);
    if (known === undefined) {
      places.set(node, { node, tasks, cpu, memory, shape });
      continue;
    }
    known.tasks += tasks;
    known.cpu = Math.min(known.cpu, cpu);
    known.memory = Math.min(known.memory, memory);
    if (known.shape !== shape) known.shape = undefined;
  }
  return [...places.values()];
}

/** How many tasks that ask for this can take the places of as many running ones, with what the node has free beside them. */
function takeoversThatFit(
  nodes: NodeColumns,
  { node, tasks, cpu, memory, shape }: NodePlaces,
  pod: PodRequirements,
): number {
  if (shape === pod.shape) return tasks;
  if (pod.gpu !== undefined || pod.extended.length > 0) return 0;
  const times = (lacking: number, allocatable: ArrayLike<number>, requested: ArrayLike<number>) =>
    lacking > 0 ? Math.floor(((allocatable[node] as number) - (requested[node] as number)) / lacking) : tasks;
  return Math.min(
    tasks,
    times(pod.cpu - cpu, nodes.allocatableCpu, nodes.requestedCpu),
    times(pod.memory - memory, nodes.allocatableMemory, nodes.requestedMemory),
    times(pod.ephemeralStorage, nodes.allocatableStorage, nodes.requestedStorage),
  );
}

/** Number of the class of a job. */
function classOf({ requirements }: Job, classes: readonly TaskClass[]): number {
  return classes.findIndex((each) => each.requirements.shape === requirements.shape);
}

function classesOf(jobs: readonly Job[]): TaskClass[] {
  const classes = new Map<number, TaskClass>();
  for (const job of jobs) {
    const { requirements } = job;
    const known = classes.get(requirements.shape);
    if (known === undefined) classes.set(requirements.shape, { requirements, jobs: [job], arcs: [], moving: 0 });
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
