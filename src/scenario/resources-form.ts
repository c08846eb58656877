/** Amounts of resources as they are written in operations: cpu, memory, ephemeral-storage and extended resources by name. */
import { z } from 'zod';
import type { ResourceList } from '../cluster/index.ts';
import { isMap } from '../manifests/index.ts';
import { bytes, milliCpu } from '../units/index.ts';
import { severalForms, strictMap } from './schema-parts.ts';
import { cpuSchema, memorySchema, wholeNumberSchema } from './value-forms.ts';

/** Most units of an extended resource. */
const MAXIMUM_UNITS = 1_000_000;
/** Most pods that a node may be said to take. */
const MAXIMUM_PODS = 1_000_000;

const extendedAmount = wholeNumberSchema(0, MAXIMUM_UNITS);

const ownResources = {
  cpu: cpuSchema.optional(),
  memory: memorySchema.optional(),
  'ephemeral-storage': memorySchema.optional(),
};

/** Amounts for a pod. */
export const resourcesSchema = resources(ownResources);

/** Amounts that a node offers; `pods` is its largest number of pods. */
export const nodeResourcesSchema = resources({ ...ownResources, pods: wholeNumberSchema(0, MAXIMUM_PODS).optional() });

/** A map of amounts: of the resources in `shape`, and of extended resources, which are counted in whole units. */
function resources<const Shape extends z.core.$ZodLooseShape>(shape: Shape) {
  const anyExtended = z.object(shape).catchall(extendedAmount);
  type Amounts = z.output<typeof anyExtended>;
  return severalForms([anyExtended as unknown as z.ZodType<Amounts>], (written) => {
    const extended = isMap(written) ? Object.keys(written).filter(isExtended) : [];
    const known = { ...shape, ...Object.fromEntries(extended.map((name) => [name, extendedAmount])) };
    return strictMap(known) as unknown as z.ZodType<Amounts>;
  });
}

/** Extended resources have a domain (nvidia.com/gpu) or are huge pages. */
function isExtended(name: string): boolean {
  return name.includes('/') || name.startsWith('hugepages-');
}

/** What was asked for, as amounts; `fallback` stands in for CPU and memory that were not given. */
export function resolveResources(
  written: z.output<typeof nodeResourcesSchema> | undefined,
  fallback: Pick<ResourceList, 'cpu' | 'memory'> = { cpu: milliCpu(0), memory: bytes(0) },
): ResourceList {
  const { cpu, memory, 'ephemeral-storage': ephemeralStorage, pods: _, ...extended } = written ?? {};
  return {
    cpu: cpu ?? fallback.cpu,
    memory: memory ?? fallback.memory,
    ephemeralStorage: ephemeralStorage ?? bytes(0),
    extended: extended as Record<string, number>,
  };
}
