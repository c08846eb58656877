/** Requests and limits of containers. */
import { type Container, NO_RESOURCES, type ResourceList } from '../cluster/index.ts';
import type { FieldReader } from './field-reader.ts';

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
