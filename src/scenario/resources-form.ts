/** Amounts of resources as they are written in operations: cpu, memory, ephemeral-storage and extended resources by name. */
import { z } from 'zod';
import type { ResourceList } from '../cluster/index.ts';
import { nearestName } from '../errors/index.ts';
import { bytes, milliCpu } from '../units/index.ts';
import { cpuSchema, memorySchema, type RefusalParams, wholeNumberSchema } from './value-forms.ts';

/** Most units of an extended resource. */
const MAXIMUM_UNITS = 1_000_000;
/** Most pods that a node may be said to take. */
const MAXIMUM_PODS = 10_000;

const ownResources = {
  cpu: cpuSchema.optional(),
  memory: memorySchema.optional(),
  'ephemeral-storage': memorySchema.optional(),
};

/** Amounts for a pod. */
export const resourcesSchema = resources(ownResources);

/** Amounts that a node offers; `pods` is its largest number of pods. */
export const nodeResourcesSchema = resources({ ...ownResources, pods: wholeNumberSchema(1, MAXIMUM_PODS).optional() });

/** A map of amounts. Names that are not in `shape` must be those of extended resources. */
function resources<const Shape extends z.core.$ZodLooseShape>(shape: Shape) {
  return z
    .object(shape)
    .catchall(wholeNumberSchema(0, MAXIMUM_UNITS))
    .superRefine((written, context) => {
      const own = Object.keys(shape);
      for (const name of Object.keys(written)) if (!own.includes(name) && !isExtended(name)) refuse(name, own, context);
    });
}

/** Extended resources have a domain (nvidia.com/gpu) or are huge pages. */
function isExtended(name: string): boolean {
  return name.includes('/') || name.startsWith('hugepages-');
}

function refuse(name: string, own: readonly string[], context: z.core.$RefinementCtx): void {
  const nearest = nearestName(name, own);
  const params: RefusalParams = {
    refused: `unknown resource "${name}"`,
    code: 'P203',
    expected: `one of ${own.join(', ')}, or an extended resource with its domain, such as nvidia.com/gpu`,
    nearest,
    ...(nearest === undefined ? {} : { fix: `write "${nearest}"` }),
  };
  context.addIssue({ code: 'custom', message: params.refused, path: [name], params: { ...params } });
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
