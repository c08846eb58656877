/** Sums of resources, and the effective request of a pod. */
import { bytes, milliCpu } from '../units/index.ts';
import type { Container, ResourceList } from './specifications.ts';

/** No resources at all. */
export const NO_RESOURCES: ResourceList = {
  cpu: milliCpu(0),
  memory: bytes(0),
  ephemeralStorage: bytes(0),
  extended: {},
};

function combine(a: ResourceList, b: ResourceList, operation: (x: number, y: number) => number): ResourceList {
  const names = new Set([...Object.keys(a.extended), ...Object.keys(b.extended)]);
  const extended = Object.fromEntries(
    [...names].sort().map((name) => [name, operation(a.extended[name] ?? 0, b.extended[name] ?? 0)]),
  );
  return {
    cpu: milliCpu(operation(a.cpu, b.cpu)),
    memory: bytes(operation(a.memory, b.memory)),
    ephemeralStorage: bytes(operation(a.ephemeralStorage, b.ephemeralStorage)),
    extended,
  };
}

/** Sum of two lists. */
export function addResources(a: ResourceList, b: ResourceList): ResourceList {
  return combine(a, b, (x, y) => x + y);
}

/**
 * Effective request of a pod (K:staging component-helpers/resource/helpers.go:PodRequests): the larger of what runs at the same time at the
 * end (containers and sidecars) and the peak while init containers run (each beside the sidecars started before it), plus overhead.
 */
export function effectivePodRequest(
  initContainers: readonly Container[],
  containers: readonly Container[],
  overhead: ResourceList,
): ResourceList {
  let running = containers.reduce((sum, container) => addResources(sum, container.requests), NO_RESOURCES);
  let sidecars = NO_RESOURCES;
  let peak = NO_RESOURCES;
  for (const container of initContainers) {
    if (container.sidecar) {
      sidecars = addResources(sidecars, container.requests);
      running = addResources(running, container.requests);
      peak = combine(peak, sidecars, Math.max);
    } else {
      peak = combine(peak, addResources(sidecars, container.requests), Math.max);
    }
  }
  return addResources(combine(running, peak, Math.max), overhead);
}
