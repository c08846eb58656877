/**
 * The resources that a score looks at, each readable as columns and as plain facts.
 * K:pkg/scheduler/framework/plugins/noderesources/resource_allocation.go (calculateResourceAllocatableRequest, calculatePodResourceRequest).
 */
import type { ResourceWeight } from '../configuration.ts';
import type { NodeFacts } from '../framework.ts';
import type { NodeColumns } from '../node-columns.ts';
import type { PodRequirements } from '../pod-requirements.ts';

/** One resource as a score reads it. */
export interface ResourceReader {
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

/** Readers of the resources of a score; `nonZero` = containers that request no CPU or memory count with the defaults. */
export function resourceReaders(
  nodes: NodeColumns,
  resources: readonly ResourceWeight[],
  nonZero: boolean,
): readonly ResourceReader[] {
  return resources.map(({ name, weight }) => readerOf(nodes, name, weight, nonZero));
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
