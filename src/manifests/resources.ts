/** Requests and limits of containers, and the effective request of a pod. */
import type { Container, ResourceList } from '../cluster/index.ts';
import { bytes, milliCpu } from '../units/index.ts';
import type { FieldReader } from './field-reader.ts';

/** No resources at all. */
export const NO_RESOURCES: ResourceList = {
  cpu: milliCpu(0),
  memory: bytes(0),
  ephemeralStorage: bytes(0),
  extended: {},
};

/** Reads a map of resource names to quantities; `fallback` fills what is not given. */
export function readResourceList(reader: FieldReader | undefined, fallback: ResourceList = NO_RESOURCES): ResourceList {
  if (reader === undefined) return fallback;
  const extended: Record<string, number> = { ...fallback.extended };
  for (const name of reader.keys()) {
    // Resources with a domain (nvidia.com/gpu) and huge pages are counted in whole units.
    if (name.includes('/') || name.startsWith('hugepages-')) extended[name] = reader.bytes(name) ?? 0;
  }
  const list: ResourceList = {
    cpu: reader.cpu('cpu') ?? fallback.cpu,
    memory: reader.bytes('memory') ?? fallback.memory,
    ephemeralStorage: reader.bytes('ephemeral-storage') ?? fallback.ephemeralStorage,
    extended,
  };
  reader.finish();
  return list;
}

/** Reads `resources` of a container. Requests that are not given are the limits, as the API server sets them. */
export function readContainerResources(container: FieldReader): Pick<Container, 'requests' | 'limits'> {
  const resources = container.map('resources');
  const limits = readResourceList(resources?.map('limits'));
  const requests = readResourceList(resources?.map('requests'), limits);
  if (resources !== undefined) {
    const checks = [
      ['cpu', requests.cpu, limits.cpu],
      ['memory', requests.memory, limits.memory],
    ] as const;
    for (const [name, request, limit] of checks) {
      if (limit > 0 && request > limit) {
        resources.refuse(
          'requests',
          `the ${name} request is above its limit`,
          'requests at or below limits',
          `lower the ${name} request`,
        );
      }
    }
    resources.ignore('claims');
    resources.finish();
  }
  return { requests, limits };
}

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
