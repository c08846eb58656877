/** Random nodes, pods and changes for tests that compare two ways to the same answer. */
import fc from 'fast-check';
import {
  type LabelSelector,
  type Labels,
  type NodeSpecification,
  type ObjectKey,
  ObjectTables,
  type PodAffinity,
  type PodAffinityTerm,
  type PodTemplate,
  selectorFromLabels,
  type Taint,
  type Toleration,
  type TopologySpreadConstraint,
} from '../../../src/cluster/index.ts';
import { NodeColumns } from '../../../src/components/kube-scheduler/node-columns.ts';
import {
  ExtendedResources,
  type PodRequirements,
  PodRequirementTable,
} from '../../../src/components/kube-scheduler/pod-requirements.ts';
import { bytes } from '../../../src/units/index.ts';
import { amounts, templateOf } from './scheduler-world.ts';

const NODE_NAMES = ['n0', 'n1', 'n2', 'n3', 'n4', 'n5', 'n6', 'n7'];
const KEYS = ['disk', 'tier'];
const VALUES = ['a', 'b', '7'];
const EFFECTS = ['NoSchedule', 'PreferNoSchedule', 'NoExecute'] as const;

/** Mostly `otherwise`, so that most pods fit most nodes and plugins do not hide each other. */
const sometimes = <T>(value: fc.Arbitrary<T>, otherwise: T) =>
  fc.oneof({ weight: 3, arbitrary: fc.constant(otherwise) }, { weight: 1, arbitrary: value });

const ZONE = 'topology.kubernetes.io/zone';
const HOSTNAME = 'kubernetes.io/hostname';
const labels = fc.dictionary(fc.constantFrom(...KEYS, ZONE, HOSTNAME), fc.constantFrom(...VALUES));
const extended = fc.option(fc.record({ gpu: fc.integer({ min: 0, max: 3 }) }), { nil: {} as Record<string, number> });
const taint: fc.Arbitrary<Taint> = fc.record({
  key: fc.constantFrom(...KEYS),
  value: fc.constantFrom('', ...VALUES),
  effect: fc.constantFrom(...EFFECTS),
});
const toleration: fc.Arbitrary<Toleration> = fc.oneof(
  fc.record({
    key: fc.constantFrom(...KEYS, 'node.kubernetes.io/unschedulable'),
    operator: fc.constantFrom('Exists', 'Equal'),
    value: fc.constantFrom('', ...VALUES),
    effect: fc.constantFrom('', ...EFFECTS),
  }),
  fc.constant<Toleration>({ key: '', operator: 'Exists', value: '', effect: '' }),
);

const nodeImage = fc.record({
  name: fc.constantFrom('app:1', 'other:latest'),
  size: fc.integer({ min: 1, max: 1_500_000_000 }).map(bytes),
});

export const nodeSpecification: fc.Arbitrary<NodeSpecification> = fc
  .record({
    cpu: fc.constantFrom(0, 1000, 3000, 7001, 8000),
    gib: fc.constantFrom(0, 2.5, 8, 9),
    extended,
    pods: fc.integer({ min: 0, max: 12 }),
    labels,
    taints: sometimes(fc.array(taint, { minLength: 1, maxLength: 2 }), []),
    unschedulable: fc.nat({ max: 4 }).map((n) => n === 0),
    images: sometimes(fc.uniqueArray(nodeImage, { maxLength: 2, selector: ({ name }) => name }), []),
  })
  .map(({ cpu, gib, extended: offers, ...rest }) => ({ ...rest, allocatable: amounts(cpu, gib, offers) }));

const requirement = fc.oneof(
  fc.record({
    key: fc.constantFrom(...KEYS),
    operator: fc.constantFrom('In', 'NotIn'),
    values: fc.array(fc.constantFrom(...VALUES), { minLength: 1, maxLength: 2 }),
  }),
  fc.record({
    key: fc.constantFrom(...KEYS),
    operator: fc.constantFrom('Exists', 'DoesNotExist'),
    values: fc.constant([]),
  }),
  fc.record({
    key: fc.constantFrom(...KEYS),
    operator: fc.constantFrom('Gt', 'Lt'),
    values: fc.constantFrom(['5'], ['9']),
  }),
);
const nameField = fc.record({
  key: fc.constant('metadata.name'),
  operator: fc.constantFrom('In', 'NotIn'),
  values: fc.array(fc.constantFrom(...NODE_NAMES), { minLength: 1, maxLength: 2 }),
});
const term = fc.record({
  matchExpressions: fc.array(requirement, { maxLength: 2 }),
  matchFields: fc.array(nameField, { maxLength: 1 }),
}) as fc.Arbitrary<NonNullable<PodTemplate['nodeAffinity']['required']>[number]>;

const hostPort = fc.record({
  name: fc.constant(''),
  containerPort: fc.constant(80),
  hostPort: fc.constantFrom(0, 80, 443),
  hostIp: fc.constantFrom('', '0.0.0.0', '10.0.0.1', '10.0.0.2'),
  protocol: fc.constantFrom('TCP', 'UDP'),
});

const podLabels = fc.dictionary(fc.constantFrom('app', 'track'), fc.constantFrom('x', 'y'));
const podSelector: fc.Arbitrary<LabelSelector> = fc.oneof(
  podLabels.map(selectorFromLabels),
  fc.constant<LabelSelector>([{ key: 'app', operator: 'Exists', values: [] }]),
  fc.constant<LabelSelector>([{ key: 'track', operator: 'NotIn', values: ['y'] }]),
);
const labelKeys = sometimes(
  fc.constantFrom<readonly string[]>(['app'], ['track', 'nowhere'], ['pod-template-hash']),
  [],
);
const topologyKey = fc.constantFrom(ZONE, ZONE, HOSTNAME, 'disk');
const policy = fc.constantFrom<'Honor' | 'Ignore'>('Honor', 'Ignore');

/** Leaves out what is undefined. */
const given = <Key extends string, Value>(key: Key, value: Value | undefined) =>
  (value === undefined ? {} : { [key]: value }) as { readonly [K in Key]?: Value };

const spreadConstraint: fc.Arbitrary<TopologySpreadConstraint> = fc
  .record({
    maxSkew: fc.integer({ min: 1, max: 3 }),
    topologyKey,
    whenUnsatisfiable: fc.constantFrom<TopologySpreadConstraint['whenUnsatisfiable']>(
      'DoNotSchedule',
      'ScheduleAnyway',
    ),
    selector: fc.option(podSelector, { nil: undefined, freq: 9 }),
    minDomains: fc.integer({ min: 1, max: 3 }),
    nodeAffinityPolicy: policy,
    nodeTaintsPolicy: policy,
    matchLabelKeys: labelKeys,
  })
  .map(({ selector, ...rest }) => ({ ...rest, ...given('selector', selector) }));
const affinityTerm: fc.Arbitrary<PodAffinityTerm> = fc
  .record({
    topologyKey,
    selector: fc.option(podSelector, { nil: undefined, freq: 9 }),
    namespaces: sometimes(fc.constantFrom<readonly string[]>(['other'], ['default', 'other']), []),
    namespaceSelector: sometimes<LabelSelector | undefined>(
      fc.constantFrom<LabelSelector>([], [{ key: 'team', operator: 'In', values: ['a'] }]),
      undefined,
    ),
    matchLabelKeys: labelKeys,
    mismatchLabelKeys: labelKeys,
  })
  .map(({ selector, namespaceSelector, ...rest }) => ({
    ...rest,
    ...given('selector', selector),
    ...given('namespaceSelector', namespaceSelector),
  }));
const podAffinity: fc.Arbitrary<PodAffinity> = fc.record({
  required: fc.array(affinityTerm, { maxLength: 2 }),
  preferred: fc.array(fc.record({ weight: fc.integer({ min: 1, max: 100 }), term: affinityTerm }), { maxLength: 2 }),
});

const podOptions = fc.record({
  labels: podLabels,
  image: fc.constantFrom('app:1', 'other'),
  spread: sometimes(fc.array(spreadConstraint, { minLength: 1, maxLength: 3 }), []),
  affinity: sometimes<PodAffinity | undefined>(podAffinity, undefined),
  antiAffinity: sometimes<PodAffinity | undefined>(podAffinity, undefined),
  cpu: fc.constantFrom(0, 100, 333, 1000),
  gib: fc.constantFrom(0, 0.25, 1.5),
  extended,
  ports: sometimes(fc.array(hostPort, { maxLength: 2 }), []),
  tolerations: fc.array(toleration, { maxLength: 2 }),
  nodeSelector: sometimes(labels, {}),
  nodeName: sometimes(fc.constantFrom(...NODE_NAMES), ''),
  required: sometimes<PodTemplate['nodeAffinity']['required'] | undefined>(
    fc.array(term, { minLength: 1, maxLength: 2 }),
    undefined,
  ),
  preferred: fc.array(fc.record({ weight: fc.integer({ min: 1, max: 100 }), term }), { maxLength: 2 }),
});

/** A template by its id. */
export const podTemplate: fc.Arbitrary<(id: number) => PodTemplate> = podOptions.map((options) => (id: number) => {
  const requests = amounts(options.cpu, options.gib, options.extended);
  const container = templateOf(id, { requests }).containers[0] as PodTemplate['containers'][number];
  return templateOf(id, {
    labels: options.labels,
    topologySpread: options.spread,
    ...given('podAffinity', options.affinity),
    ...given('podAntiAffinity', options.antiAffinity),
    requests,
    containers: [
      { ...container, image: options.image, ports: options.ports as PodTemplate['containers'][number]['ports'] },
    ],
    tolerations: options.tolerations,
    nodeSelector: options.nodeSelector,
    nodeName: options.nodeName,
    nodeAffinity: {
      preferred: options.preferred,
      ...(options.required === undefined ? {} : { required: options.required }),
    },
  });
});

/** A template without constraints on other pods: what holds for its pods on a node holds whatever else there is in the cluster. */
export const selfContainedTemplate: fc.Arbitrary<(id: number) => PodTemplate> = podTemplate.map((make) => (id) => {
  const { podAffinity: _, podAntiAffinity: __, topologySpread: ___, ...template } = make(id);
  return template;
});

/** A change of the cluster. Numbers are taken modulo what there is. */
export type ClusterChange =
  | { readonly change: 'set'; readonly node: number; readonly specification: NodeSpecification }
  | { readonly change: 'remove'; readonly node: number }
  | { readonly change: 'place'; readonly node: number; readonly pod: number }
  | { readonly change: 'unplace' | 'terminate'; readonly placement: number }
  | { readonly change: 'service'; readonly service: number; readonly selector: Labels | undefined }
  | { readonly change: 'namespace'; readonly labels: Labels | undefined };

const index = fc.nat({ max: 1000 });
export const clusterChange: fc.Arbitrary<ClusterChange> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({ change: fc.constant('set' as const), node: index, specification: nodeSpecification }),
  },
  { weight: 1, arbitrary: fc.record({ change: fc.constant('remove' as const), node: index }) },
  { weight: 6, arbitrary: fc.record({ change: fc.constant('place' as const), node: index, pod: index }) },
  { weight: 2, arbitrary: fc.record({ change: fc.constant('unplace' as const), placement: index }) },
  { weight: 1, arbitrary: fc.record({ change: fc.constant('terminate' as const), placement: index }) },
  {
    weight: 1,
    arbitrary: fc.record({
      change: fc.constant('service' as const),
      service: index,
      selector: fc.option(podLabels, { nil: undefined }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      change: fc.constant('namespace' as const),
      labels: fc.option(fc.record({ team: fc.constantFrom('a', 'b') }), { nil: undefined }),
    }),
  },
);

/** Columns to which changes are applied. */
export class RandomCluster {
  readonly tables = new ObjectTables();
  readonly extended = new ExtendedResources();
  readonly columns = new NodeColumns(this.tables.keysOf('nodes'), this.extended);
  readonly pods: PodRequirements[];
  private readonly placements: { slot: number; pod: PodRequirements; isTerminating: boolean }[] = [];

  constructor(templates: readonly ((id: number) => PodTemplate)[]) {
    const table = new PodRequirementTable(this.extended);
    this.pods = templates.map((make, id) => {
      const template = make(id);
      const controller = { selector: selectorFromLabels(template.labels), ofDeployment: id % 4 === 0 };
      return table.of(template, id % 3 === 2 ? 'other' : 'default', id % 2 === 0 ? controller : undefined);
    });
  }

  /** Slots of the known nodes, in the order in which they are examined. */
  slots(): Int32Array {
    return this.columns.order.slots().slice(0, this.columns.order.count);
  }

  keyOf(node: number): ObjectKey {
    return this.tables.keysOf('nodes').intern('', NODE_NAMES[node % NODE_NAMES.length] as string);
  }

  apply(change: ClusterChange): void {
    switch (change.change) {
      case 'set': {
        const { nodes } = this.tables;
        const version = nodes.allocate(this.keyOf(change.node));
        nodes.specification.set(version, change.specification);
        nodes.taints.set(version, change.specification.taints);
        nodes.unschedulable.set(version, change.specification.unschedulable ? 1 : 0);
        this.columns.setNode(nodes, version);
        break;
      }
      case 'remove':
        this.columns.removeNode(this.keyOf(change.node));
        break;
      case 'place': {
        const slot = this.keyOf(change.node);
        const pod = this.pods[change.pod % this.pods.length] as PodRequirements;
        this.columns.count(slot, pod, 1);
        this.placements.push({ slot, pod, isTerminating: false });
        break;
      }
      case 'unplace': {
        const [placement] = this.placements.splice(change.placement % Math.max(1, this.placements.length), 1);
        if (placement === undefined) break;
        this.columns.count(placement.slot, placement.pod, -1, placement.isTerminating);
        break;
      }
      case 'terminate': {
        const placement = this.placements[change.placement % Math.max(1, this.placements.length)];
        if (placement === undefined || placement.isTerminating) break;
        placement.isTerminating = true;
        this.columns.placed.markTerminating(placement.slot, placement.pod);
        break;
      }
      case 'service':
        this.columns.services.set(change.service % 2 === 0 ? 'default' : 'other', change.service % 5, change.selector);
        break;
      case 'namespace':
        this.columns.placed.setNamespace('other', change.labels);
    }
  }
}
