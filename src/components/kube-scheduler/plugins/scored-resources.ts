/**
 * The resources that a score looks at, readable as columns and as plain facts.
 * K:pkg/scheduler/framework/plugins/noderesources/resource_allocation.go (calculateResourceAllocatableRequest, calculatePodResourceRequest).
 */
import type { ResourceWeight } from '../configuration.ts';
import type { NodeFacts } from '../framework.ts';
import type { NodeColumns } from '../node-columns.ts';
import type { PodRequirements } from '../pod-requirements.ts';

/** One resource as a score reads it. */
interface ResourceReader {
  readonly weight: number;
  /** What the incoming pod adds; undefined = the score leaves the resource out for this pod (an extended one that it does not request). */
  request(pod: PodRequirements): number | undefined;
  /** Columns of what nodes have and of what placed pods request. */
  allocatableColumn(): Float64Array;
  requestedColumn(): Float64Array;
  /** The same of one node. */
  allocatable(node: NodeFacts): number;
  requested(node: NodeFacts): number;
}

/** What a score reads of one node for one resource. */
export interface ResourceReading {
  readonly weight: number;
  /** What the pod requests, what the node has, and what the pods on it request. */
  readonly request: number;
  readonly capacity: number;
  readonly used: number;
}

/** The resources of a score. `nonZero` = containers that request no CPU or memory count with the defaults. */
export class ScoredResources {
  private readonly readers: readonly ResourceReader[];
  /** Resources that count for the pod it was prepared for: how many, their columns, the pod's requests, their weights. */
  count = 0;
  readonly allocatable: Float64Array[] = [];
  readonly requested: Float64Array[] = [];
  readonly requests: number[] = [];
  readonly weights: number[] = [];

  constructor(nodes: NodeColumns, resources: readonly ResourceWeight[], nonZero: boolean) {
    this.readers = resources.map(({ name, weight }) => readerOf(nodes, name, weight, nonZero));
  }

  /** Plain form: the resources that count for a pod on a node: those that the node has, and extended ones only if the pod requests them. */
  readingsOf(pod: PodRequirements, node: NodeFacts): readonly ResourceReading[] {
    return this.readers.flatMap((reader) => {
      const request = reader.request(pod);
      const capacity = reader.allocatable(node);
      if (request === undefined || capacity === 0) return [];
      return [{ weight: reader.weight, request, capacity, used: reader.requested(node) }];
    });
  }

  /** Column form: gathers the columns that matter for a pod. Slots without any of a resource are still to be left out. */
  prepare(pod: PodRequirements): void {
    this.count = 0;
    for (const reader of this.readers) {
      const request = reader.request(pod);
      if (request === undefined) continue;
      this.allocatable[this.count] = reader.allocatableColumn();
      this.requested[this.count] = reader.requestedColumn();
      this.requests[this.count] = request;
      this.weights[this.count] = reader.weight;
      this.count++;
    }
  }

  /** Whether a pod requests none of them. */
  areNotRequestedBy(pod: PodRequirements): boolean {
    return this.readers.every((reader) => (reader.request(pod) ?? 0) === 0);
  }
}

function readerOf(nodes: NodeColumns, name: string, weight: number, nonZero: boolean): ResourceReader {
  switch (name) {
    case 'cpu':
      return {
        weight,
        request: (pod) => (nonZero ? pod.nonZeroCpu : pod.cpu),
        allocatableColumn: () => nodes.allocatableCpu,
        requestedColumn: () => (nonZero ? nodes.nonZeroCpu : nodes.requestedCpu),
        allocatable: (node) => node.allocatable.cpu,
        requested: (node) => (nonZero ? node.nonZeroCpu : node.requested.cpu),
      };
    case 'memory':
      return {
        weight,
        request: (pod) => (nonZero ? pod.nonZeroMemory : pod.memory),
        allocatableColumn: () => nodes.allocatableMemory,
        requestedColumn: () => (nonZero ? nodes.nonZeroMemory : nodes.requestedMemory),
        allocatable: (node) => node.allocatable.memory,
        requested: (node) => (nonZero ? node.nonZeroMemory : node.requested.memory),
      };
    case 'ephemeral-storage':
      return {
        weight,
        request: (pod) => pod.ephemeralStorage,
        allocatableColumn: () => nodes.allocatableStorage,
        requestedColumn: () => nodes.requestedStorage,
        allocatable: (node) => node.allocatable.ephemeralStorage,
        requested: (node) => node.requested.ephemeralStorage,
      };
    default:
      return extendedReader(nodes, name, weight);
  }
}

function extendedReader(nodes: NodeColumns, name: string, weight: number): ResourceReader {
  const resource = nodes.extendedNumber(name);
  return {
    weight,
    request: (pod) => pod.extended.find((request) => request.resource === resource)?.amount,
    allocatableColumn: () => nodes.allocatableExtended[resource] as Float64Array,
    requestedColumn: () => nodes.requestedExtended[resource] as Float64Array,
    allocatable: (node) => node.allocatable.extended[name] ?? 0,
    requested: (node) => node.requested.extended[name] ?? 0,
  };
}
