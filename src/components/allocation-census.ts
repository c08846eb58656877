/**
 * How full the nodes are: requests of the pods that are bound and have not ended, against what nodes offer, kept from every committed change.
 * Statistics only. What a node has left is stranded if another resource on it is used up: less is left than the smallest request of any pod
 * that was bound so far.
 */
import { kinds, NO_VERSION, type ObjectTables, type VersionHandle } from '../cluster/index.ts';
import type { Simulation } from '../engine/index.ts';
import type { GaugeSeries, MetricRecorder } from '../metrics/index.ts';
import type { Change, EtcdCluster } from './etcd/index.ts';

/** Resources that are counted. */
const RESOURCES = ['cpu', 'memory', 'pods'] as const;
/** Places of CPU [milli-CPU], memory [B] and pods among the numbers of a node. */
const CPU = 0;
const MEMORY = 1;
const PODS = 2;
const WIDTH = RESOURCES.length;

/** Numbers of all nodes, a row of {@link RESOURCES} for each key of a node. */
class NodeNumbers {
  private values = new Float64Array(0);

  get(row: number): number {
    return this.values[row] ?? 0;
  }

  add(row: number, amount: number): void {
    if (row >= this.values.length) {
      const grown = new Float64Array(2 * row + WIDTH);
      grown.set(this.values);
      this.values = grown;
    }
    this.values[row] = (this.values[row] as number) + amount;
  }

  /** Rows times {@link WIDTH}. */
  get length(): number {
    return this.values.length;
  }
}

/** Counts what nodes offer and what pods ask of them. */
export class AllocationCensus {
  private readonly simulation: Simulation;
  private readonly tables: ObjectTables;
  private readonly store: EtcdCluster;
  /** By node and resource, state. */
  private readonly offered = new NodeNumbers();
  private readonly requested = new NodeNumbers();
  /** Over all nodes that exist, by resource, state. */
  private readonly capacity = new Float64Array(WIDTH);
  /** Smallest request of a pod that was bound, by resource, state. */
  private readonly least = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY, 1];
  private readonly ratio: readonly GaugeSeries[];
  private readonly stranded: readonly GaugeSeries[];
  private readonly inUse: GaugeSeries;

  constructor(simulation: Simulation, tables: ObjectTables, store: EtcdCluster, recorder: MetricRecorder) {
    this.simulation = simulation;
    this.tables = tables;
    this.store = store;
    this.ratio = RESOURCES.map((resource) => recorder.gauge('plimsoll_allocation_ratio', { resource }));
    this.stranded = [CPU, MEMORY].map((resource) =>
      recorder.gauge('plimsoll_stranded_ratio', { resource: RESOURCES[resource] as string }),
    );
    this.inUse = recorder.gauge('plimsoll_nodes_in_use');
    store.observe((change) => this.observe(change));
    recorder.onSample(() => this.publish());
    simulation.addInvariantCheck('allocation census', () => this.checkInvariants());
  }

  private observe({ kind, version, previous }: Change): void {
    if (kind === kinds.pods) {
      if (previous !== NO_VERSION) this.countPod(previous, -1);
      if (version !== NO_VERSION) this.countPod(version, 1);
    } else if (kind === kinds.nodes) {
      if (previous !== NO_VERSION) this.countNode(previous, -1);
      if (version !== NO_VERSION) this.countNode(version, 1);
    }
  }

  private countPod(pod: VersionHandle, sign: 1 | -1): void {
    const { pods } = this.tables;
    const node = pods.node.get(pod);
    const template = pods.template.get(pod);
    if (node < 0 || template === null || pods.isTerminal(pod)) return;
    const { cpu, memory } = template.requests;
    const row = node * WIDTH;
    this.requested.add(row + PODS, sign);
    this.requested.add(row + CPU, sign * cpu);
    this.requested.add(row + MEMORY, sign * memory);
    if (cpu > 0 && cpu < (this.least[CPU] as number)) this.least[CPU] = cpu;
    if (memory > 0 && memory < (this.least[MEMORY] as number)) this.least[MEMORY] = memory;
  }

  private countNode(node: VersionHandle, sign: 1 | -1): void {
    const { nodes } = this.tables;
    const specification = nodes.specification.get(node);
    if (specification === null) return;
    const { cpu, memory } = specification.allocatable;
    const row = nodes.key.get(node) * WIDTH;
    [cpu, memory, specification.pods].forEach((amount, resource) => {
      this.offered.add(row + resource, sign * amount);
      this.capacity[resource] = (this.capacity[resource] as number) + sign * amount;
    });
  }

  private publish(): void {
    const { offered, requested, capacity } = this;
    const used = [0, 0, 0];
    const lost = [0, 0];
    let inUse = 0;
    for (let row = 0; row < requested.length; row += WIDTH) {
      // A node that is gone offers nothing; pods that are still bound to it take nothing of the others.
      if (requested.get(row + PODS) === 0 || offered.get(row + PODS) === 0) continue;
      inUse++;
      for (let resource = 0; resource < WIDTH; resource++) {
        used[resource] = (used[resource] as number) + requested.get(row + resource);
      }
      if (this.lacks(row, MEMORY) || this.lacks(row, PODS)) lost[CPU] = (lost[CPU] as number) + this.free(row, CPU);
      if (this.lacks(row, CPU) || this.lacks(row, PODS))
        lost[MEMORY] = (lost[MEMORY] as number) + this.free(row, MEMORY);
    }
    const share = (amount: number, resource: number): number => amount / Math.max(1, capacity[resource] as number);
    this.inUse.set(inUse);
    this.ratio.forEach((series, resource) => {
      series.set(share(used[resource] as number, resource));
    });
    this.stranded.forEach((series, resource) => {
      series.set(share(lost[resource] as number, resource));
    });
  }

  private free(row: number, resource: number): number {
    return Math.max(0, this.offered.get(row + resource) - this.requested.get(row + resource));
  }

  /** Whether the smallest pod does not fit because of a resource. */
  private lacks(row: number, resource: number): boolean {
    return (
      this.free(row, resource) < (this.least[resource] as number) && this.least[resource] !== Number.POSITIVE_INFINITY
    );
  }

  /** What pods ask of each node equals a count of what the store has. */
  checkInvariants(): void {
    const simulation: Simulation = this.simulation;
    const counted = new NodeNumbers();
    const { pods } = this.tables;
    this.store.forEachCurrent(kinds.pods, (_, pod) => {
      const node = pods.node.get(pod);
      if (node < 0 || pods.isTerminal(pod)) return;
      counted.add(node * WIDTH + PODS, 1);
      counted.add(node * WIDTH + CPU, pods.template.get(pod)?.requests.cpu ?? 0);
    });
    for (let row = 0; row < this.requested.length; row += WIDTH) {
      for (const resource of [CPU, PODS]) {
        simulation.invariant(
          this.requested.get(row + resource) === counted.get(row + resource),
          'allocation census',
          `node ${row / WIDTH}: ${this.requested.get(row + resource)} of ${RESOURCES[resource]}, but its pods ask for ${counted.get(row + resource)}`,
        );
      }
    }
  }
}
