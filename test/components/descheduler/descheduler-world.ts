/** Nodes and pods as a descheduler sees them, written down in short; evictions are carried out by taking the pod away. */
import type { Labels, PodTemplate, Taint, TopologySpreadConstraint } from '../../../src/cluster/index.ts';
import {
  type DeschedulerPluginName,
  type DeschedulerSettings,
  type DeschedulingView,
  deschedulerSettings,
  deschedulingPass,
  type ViewNode,
  type ViewPod,
} from '../../../src/components/descheduler/index.ts';
import { ExtendedResources, PodRequirementTable } from '../../../src/components/kube-scheduler/pod-requirements.ts';
import { type PlainParameterValue, valuesOf } from '../../../src/engine/index.ts';
import { TemplateRegistry } from '../../../src/manifests/index.ts';
import { makePodTemplate } from '../../../src/scenario/operations/pod-options.ts';
import { BYTES_PER_GIBIBYTE, bytes, milliCpu } from '../../../src/units/index.ts';

/** A pod in short: CPUs, GiB, priority, owner. */
export interface ShortPod {
  readonly name?: string;
  readonly cpu?: number;
  readonly memory?: number;
  readonly priority?: number;
  readonly owner?: string;
  readonly namespace?: string;
  readonly isTerminating?: boolean;
  readonly labels?: Labels;
  readonly nodeSelector?: Labels;
  readonly topologySpread?: readonly TopologySpreadConstraint[];
}

/** A node in short: 10 CPUs, 100 GiB and room for 110 pods where nothing else is said. */
export interface ShortNode {
  readonly cpu?: number;
  readonly labels?: Labels;
  readonly taints?: readonly Taint[];
  readonly unschedulable?: boolean;
  readonly pods?: readonly ShortPod[];
}

/** So many pods that are alike. */
export function times(count: number, pod: ShortPod = {}): ShortPod[] {
  return Array.from({ length: count }, () => pod);
}

/** Runs a pass; returns "NODE/POD" of each eviction in its order. Pods without a name are numbered on their node. */
export function pass(
  nodes: Readonly<Record<string, ShortNode>>,
  plugins: readonly (readonly [DeschedulerPluginName, Readonly<Record<string, PlainParameterValue>>?])[],
  settings: Readonly<Record<string, PlainParameterValue>> = {},
  answer: (pod: string) => boolean = () => true,
): string[] {
  const made = new ViewMaker().make(nodes);
  const names = new Map<number, string>();
  for (const { pods } of made) for (const pod of pods) names.set(pod.id, pod.name);
  const gone = new Set<number>();
  const look = (): DeschedulingView => {
    const left = made.map((node) => ({ ...node, pods: node.pods.filter(({ id }) => !gone.has(id)) }));
    return {
      nodes: left,
      hasRoom: (node, { cpu }) =>
        node.pods.reduce((sum, { requirements }) => sum + requirements.cpu, cpu) <= node.specification.allocatable.cpu,
    };
  };
  const policy = {
    settings: valuesOf(deschedulerSettings, settings) as DeschedulerSettings,
    plugins: plugins.map(([name, chosen = {}]) => ({ name, settings: chosen })),
  };
  const evicted: string[] = [];
  const steps = deschedulingPass(policy, look);
  for (let step = steps.next(); step.done !== true; ) {
    const { pod, node } = step.value;
    const name = `${node.name}/${names.get(pod.id)}`;
    const isCarriedOut = answer(name);
    if (isCarriedOut) {
      gone.add(pod.id);
      evicted.push(name);
    }
    step = steps.next(isCarriedOut);
  }
  return evicted;
}

/** A pod with its name. */
interface NamedPod extends ViewPod {
  readonly name: string;
}

class ViewMaker {
  private readonly templates = new TemplateRegistry();
  private pods = 0;

  make(nodes: Readonly<Record<string, ShortNode>>): (ViewNode & { readonly pods: readonly NamedPod[] })[] {
    return Object.entries(nodes).map(
      ([name, { cpu = 10, labels = {}, taints = [], unschedulable = false, pods = [] }]) => ({
        name,
        specification: {
          allocatable: {
            cpu: milliCpu(cpu * 1000),
            memory: bytes(100 * BYTES_PER_GIBIBYTE),
            ephemeralStorage: bytes(0),
            extended: {},
          },
          pods: 110,
          labels: { ...labels, 'kubernetes.io/hostname': name },
          taints,
          unschedulable,
        },
        taints,
        isUnschedulable: unschedulable,
        pods: pods.map((pod, i) => this.pod(pod, i)),
      }),
    );
  }

  private pod({ cpu = 1, memory = 1, ...rest }: ShortPod, place: number): NamedPod {
    const requests = {
      ...(cpu === 0 ? {} : { cpu: milliCpu(cpu * 1000) }),
      ...(memory === 0 ? {} : { memory: bytes(memory * BYTES_PER_GIBIBYTE) }),
    };
    const { labels = {}, nodeSelector = {}, topologySpread = [] } = rest;
    const plain = makePodTemplate({ requests }, labels, this.templates, null, 'Always');
    const template: PodTemplate = { ...plain, nodeSelector, topologySpread };
    const id = this.pods++;
    return {
      id,
      name: rest.name ?? String(place),
      requirements: new PodRequirementTable(new ExtendedResources()).of(template, rest.namespace ?? 'default'),
      priority: rest.priority ?? 0,
      owner: rest.owner ?? 'ReplicaSet web',
      namespace: rest.namespace ?? 'default',
      isTerminating: rest.isTerminating ?? false,
    };
  }
}
