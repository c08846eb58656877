/** createNodes: machines join the cluster, each with its kubelet and kube-proxy. */
import { z } from 'zod';
import type { NodeSpecification, Taint } from '../../cluster/index.ts';
import { PlimsollError } from '../../errors/index.ts';
import { BYTES_PER_GIBIBYTE, bytes, milliCpu, type Nanoseconds } from '../../units/index.ts';
import { nodeGpusSchema, resolveNodeGpus } from '../gpu-form.ts';
import { readNodeTable, type TableNode } from '../job-table.ts';
import { nodeResourcesSchema, resolveResources } from '../resources-form.ts';
import { strictMap } from '../schema-parts.ts';
import { labelsSchema, nameSchema, textSchema, wholeNumberSchema } from '../value-forms.ts';
import { type Arrivals, pacingShape, resolveArrivals } from './arrivals.ts';
import { operationKind } from './operation.ts';
import type { OperationContext } from './operation-context.ts';
import { preloadShape } from './request-shape.ts';

/** Most nodes that one operation may create. */
const MAXIMUM_NODES = 100_000;
/** Pods that a kubelet takes where nothing is said (maxPods). */
const DEFAULT_PODS = 110;

/** Nodes to be created, resolved. */
export interface CreateNodes {
  readonly kind: 'createNodes';
  /** Instant at which it starts, beside the list of operations; undefined = in its turn. */
  readonly at?: Nanoseconds;
  /** Nodes are named `<namePrefix>-<n>`; n goes on over all operations with the same prefix. */
  readonly namePrefix: string;
  readonly count: number;
  /** Nodes of a table, which come first; empty = there is none. */
  readonly table: readonly TableNode[];
  /** What each node offers; its zone and host name labels are added per node. */
  readonly specification: NodeSpecification;
  /** Zones to which nodes are dealt in turn; empty = nodes without zone. */
  readonly zones: readonly string[];
  /** How the machines' starts are spread; they register themselves, so that no client limits them. */
  readonly arrivals: Arrivals;
  /** Whether they are registered and Ready at t = 0. */
  readonly preload: boolean;
}

const taintSchema = strictMap({
  key: textSchema('the key of a taint, such as dedicated'),
  value: z.string().optional(),
  effect: z.enum(['NoSchedule', 'PreferNoSchedule', 'NoExecute']),
});

/** Most volumes that a driver attaches to a node. */
const MAXIMUM_VOLUMES = 10_000;

/** Volumes that CSI drivers can attach to a node, by driver. */
const csiDriversSchema = z.record(
  textSchema('the name of a CSI driver, such as ebs.csi.aws.com'),
  wholeNumberSchema(0, MAXIMUM_VOLUMES),
);

/** What a node offers where nothing is said: four cores and 16 GiB. */
const DEFAULT_ALLOCATABLE = { cpu: milliCpu(4000), memory: bytes(16 * BYTES_PER_GIBIBYTE) } as const;

export const createNodes = operationKind({
  help: 'Machines join the cluster, each with its kubelet and kube-proxy; in a scheduling cell they are nodes alone.',
  models: ['controlPlane', 'schedulingCell'],
  schema: strictMap({
    count: wholeNumberSchema(1, MAXIMUM_NODES).optional(),
    from: textSchema('a CSV table of nodes, relative to the scenario').optional(),
    gpus: nodeGpusSchema.optional(),
    namePrefix: nameSchema.optional(),
    allocatable: nodeResourcesSchema.optional(),
    zones: z.array(nameSchema).optional(),
    labels: labelsSchema.optional(),
    taints: z.array(taintSchema).optional(),
    unschedulable: z.boolean().optional(),
    csiDrivers: csiDriversSchema.optional(),
    ...pacingShape,
    ...preloadShape,
  }),
  resolve: (written, context): CreateNodes => ({
    kind: 'createNodes',
    table: resolveTable(written, context),
    ...(written.at === undefined ? {} : { at: written.at }),
    namePrefix: written.namePrefix ?? 'node',
    count: written.count ?? 0,
    specification: {
      allocatable: resolveResources(written.allocatable, DEFAULT_ALLOCATABLE),
      pods: written.allocatable?.pods ?? DEFAULT_PODS,
      labels: written.labels ?? {},
      taints: (written.taints ?? []).map((taint): Taint => ({ ...taint, value: taint.value ?? '' })),
      unschedulable: written.unschedulable ?? false,
      ...(written.csiDrivers === undefined ? {} : { csiDrivers: written.csiDrivers }),
      ...(written.gpus === undefined ? {} : { gpus: resolveNodeGpus(written.gpus) }),
    },
    zones: written.zones ?? [],
    arrivals: resolveArrivals(written, context),
    preload: written.preload ?? false,
  }),
});

type Written = z.output<typeof createNodes.schema>;

/** Nodes of the table; a number of nodes or a table must be given. */
function resolveTable({ from, count, allocatable }: Written, context: OperationContext): readonly TableNode[] {
  if (from === undefined) {
    if (count !== undefined) return [];
    const message = '"count" is missing';
    context.errors.push(
      new PlimsollError('P205', {
        ...context.place(['count']),
        message,
        expected: 'a whole number, or from: a table of nodes',
        fix: 'add count: 10',
      }),
    );
    return [];
  }
  const source = context.readFile(from, ['from']);
  if (source === undefined) return [];
  return context.attempt(() => readNodeTable(source.file, source.text, allocatable?.pods ?? DEFAULT_PODS)) ?? [];
}
