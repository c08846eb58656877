/** createNodes: machines join the cluster, each with its kubelet and kube-proxy, or nodes that are objects and nothing else. */
import { z } from 'zod';
import type { NodeSpecification, Taint } from '../../cluster/index.ts';
import { PlimsollError } from '../../errors/index.ts';
import { isMap } from '../../manifests/index.ts';
import { BYTES_PER_GIBIBYTE, bytes, milliCpu, type Nanoseconds } from '../../units/index.ts';
import { orderFilesSchema, readOrders } from '../arrival-order.ts';
import { type ControlPlanePod, controlPlanePods } from '../control-plane-pods.ts';
import { nodeGpusSchema, resolveNodeGpus } from '../gpu-form.ts';
import { readNodeTable, type TableNode } from '../job-table.ts';
import { nodeResourcesSchema, resolveResources } from '../resources-form.ts';
import { severalForms, strictMap } from '../schema-parts.ts';
import { labelsSchema, memorySchema, nameSchema, textSchema, wholeNumberSchema } from '../value-forms.ts';
import { type Arrivals, pacingShape, resolveArrivals } from './arrivals.ts';
import { clientSchema, type OperationClient, resolveClient } from './client.ts';
import { operationKind } from './operation.ts';
import type { OperationContext } from './operation-context.ts';
import { preloadShape } from './request-shape.ts';

/** Most devices of one driver on a node. */
const MAXIMUM_DEVICES = 128;
/** Most nodes that one operation may create. */
const MAXIMUM_NODES = 100_000;
/** Label and taint of control-plane nodes. */
const CONTROL_PLANE_ROLE = 'node-role.kubernetes.io/control-plane';
/** Pods that a kubelet takes where nothing is said (maxPods). */
const DEFAULT_PODS = 110;

/** Nodes to be created, resolved. */
export interface CreateNodes {
  readonly kind: 'createNodes';
  /** Instant at which it starts, beside the list of operations; undefined = in its turn. */
  readonly at?: Nanoseconds;
  /** Nodes are named `<namePrefix>-<n>`; n goes on over all operations with the same prefix. */
  readonly namePrefix: string;
  /** Name of the only node. */
  readonly name?: string;
  readonly count: number;
  /** Nodes of a table, which come first; empty = there is none. */
  readonly table: readonly TableNode[];
  /** Places of its nodes in the fixed order by which ties may be broken: as they come (or the table says), or drawn anew for each replication. */
  readonly ranks: 'listed' | 'random';
  /** Places by the names of the nodes in alphabetical order, a list for each replication in turn; empty = as `ranks` says. */
  readonly givenRanks: readonly (readonly number[])[];
  /** What each node offers; its zone and host name labels are added per node. */
  readonly specification: NodeSpecification;
  /** Zones to which nodes are dealt in turn; empty = nodes without zone. */
  readonly zones: readonly string[];
  /** How the machines' starts are spread; they register themselves, so that no client limits them. Without agents: how the requests are. */
  readonly arrivals: Arrivals;
  /** Whether a kubelet and a kube-proxy run on each. Without them a node is an object that is Ready, and the pods bound to it never run. */
  readonly agents: boolean;
  /** Static pods of each, in which the components of the control plane run; empty = they are workers. */
  readonly staticPods: readonly ControlPlanePod[];
  /** Who creates nodes without agents. */
  readonly client: OperationClient;
  /** Whether they are registered and Ready at t = 0. */
  readonly preload: boolean;
}

const rankWord = z.enum(['listed', 'random']);

const taintSchema = strictMap({
  key: textSchema('the key of a taint, such as dedicated'),
  value: z.string().optional(),
  effect: z.enum(['NoSchedule', 'PreferNoSchedule', 'NoExecute']),
});

/** Most volumes that a driver attaches to a node. */
const MAXIMUM_VOLUMES = 10_000;

/** Volumes that CSI drivers can attach to a node, by driver. */
/** Devices of a node by the driver that tells of them, as `gpu.example.com: 8`. */
const devicesSchema = z.record(
  textSchema('the name of a driver, such as gpu.example.com'),
  wholeNumberSchema(0, MAXIMUM_DEVICES),
);

const csiDriversSchema = z.record(
  textSchema('the name of a CSI driver, such as ebs.csi.aws.com'),
  wholeNumberSchema(0, MAXIMUM_VOLUMES),
);

/** Keys that describe a node. */
export const nodeShape = {
  allocatable: nodeResourcesSchema.optional(),
  labels: labelsSchema.optional(),
  taints: z.array(taintSchema).optional(),
  unschedulable: z.boolean().optional(),
  images: z
    .array(strictMap({ name: textSchema('an image with its tag, such as nginx:1.27'), size: memorySchema }))
    .optional(),
  csiDrivers: csiDriversSchema.optional(),
  devices: devicesSchema.optional(),
  gpus: nodeGpusSchema.optional(),
};

/** What a node offers where nothing is said: four cores and 16 GiB. */
const DEFAULT_ALLOCATABLE = { cpu: milliCpu(4000), memory: bytes(16 * BYTES_PER_GIBIBYTE) } as const;

export const createNodes = operationKind({
  help: 'Machines join the cluster, each with its kubelet and kube-proxy; in a scheduling cell, and with `agents: false`, they are nodes alone.',
  models: ['controlPlane', 'schedulingCell'],
  schema: strictMap({
    count: wholeNumberSchema(1, MAXIMUM_NODES).optional(),
    from: textSchema('a CSV table of nodes, relative to the scenario').optional(),
    ranks: severalForms([rankWord, orderFilesSchema], (ranks) =>
      isMap(ranks) ? orderFilesSchema : rankWord,
    ).optional(),
    namePrefix: nameSchema.optional(),
    name: nameSchema.optional(),
    ...nodeShape,
    zones: z.array(nameSchema).optional(),
    agents: z.boolean().optional(),
    controlPlane: z.boolean().optional(),
    client: clientSchema.optional(),
    ...pacingShape,
    ...preloadShape,
  }),
  resolve: (written, context): CreateNodes => {
    const agents = written.agents ?? true;
    if (agents && written.client !== undefined) context.errors.push(clientError(context));
    const isControlPlane = written.controlPlane ?? false;
    if (isControlPlane && written.preload !== true) context.errors.push(controlPlaneError(context));
    if (written.name !== undefined && written.count !== 1) context.errors.push(nameError(context));
    return {
      kind: 'createNodes',
      table: resolveTable(written, context),
      ranks: typeof written.ranks === 'string' ? written.ranks : 'listed',
      givenRanks: typeof written.ranks === 'object' ? readOrders(written.ranks, 'node_rank', ['ranks'], context) : [],
      ...(written.at === undefined ? {} : { at: written.at }),
      namePrefix: written.namePrefix ?? written.name ?? 'node',
      ...(written.name === undefined ? {} : { name: written.name }),
      count: written.count ?? 0,
      specification: isControlPlane
        ? controlPlaneNode(resolveNodeSpecification(written))
        : resolveNodeSpecification(written),
      staticPods: isControlPlane ? controlPlanePods(context.templates) : [],
      zones: written.zones ?? [],
      arrivals: resolveArrivals(written, context),
      agents,
      client: resolveClient(written.client),
      preload: written.preload ?? false,
    };
  },
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

/** What a node of this description offers. */
export function resolveNodeSpecification(written: z.output<z.ZodObject<typeof nodeShape>>): NodeSpecification {
  return {
    allocatable: resolveResources(written.allocatable, DEFAULT_ALLOCATABLE),
    pods: written.allocatable?.pods ?? DEFAULT_PODS,
    labels: written.labels ?? {},
    taints: (written.taints ?? []).map((taint): Taint => ({ ...taint, value: taint.value ?? '' })),
    unschedulable: written.unschedulable ?? false,
    ...(written.images === undefined ? {} : { images: written.images }),
    ...(written.devices === undefined ? {} : { devices: written.devices }),
    ...(written.csiDrivers === undefined ? {} : { csiDrivers: written.csiDrivers }),
    ...(written.gpus === undefined ? {} : { gpus: resolveNodeGpus(written.gpus) }),
  };
}

function nameError(context: OperationContext): PlimsollError {
  return new PlimsollError('P209', {
    ...context.place(['name']),
    message: 'several nodes cannot have one name',
    expected: 'name only beside count: 1',
    fix: 'write namePrefix instead of name',
  });
}

function clientError(context: OperationContext): PlimsollError {
  return new PlimsollError('P209', {
    ...context.place(['client']),
    message: 'client is given for nodes that register themselves',
    expected: 'client only beside agents: false',
    fix: 'remove client, or add agents: false',
  });
}

function controlPlaneError(context: OperationContext): PlimsollError {
  return new PlimsollError('P209', {
    ...context.place(['controlPlane']),
    message: 'the nodes of the control plane are there before the run',
    expected: 'controlPlane only beside preload: true',
    fix: 'add preload: true',
  });
}

/** A node with the role and the taint that kubeadm gives to those of the control plane. */
function controlPlaneNode(specification: NodeSpecification): NodeSpecification {
  return {
    ...specification,
    labels: { ...specification.labels, [CONTROL_PLANE_ROLE]: '' },
    taints: [...specification.taints, { key: CONTROL_PLANE_ROLE, value: '', effect: 'NoSchedule' }],
  };
}
