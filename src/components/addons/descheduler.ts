/**
 * A descheduler in a control plane: one replica that knows nodes and pods from its informers and evicts one pod after the other through the eviction
 * subresource, so that budgets hold. `../descheduler` has the rules; kubernetes-sigs/descheduler: pkg/descheduler/descheduler.go, evictions/evictions.go.
 *
 * Modelled: passes at an interval that runs from one beginning to the next; the time of looking; POST pods/eviction and its event, within the client's
 * limits; a refusal (429, or any other) leaves the pod and goes on. Pods without an owner are never evicted: nobody would make them again.
 * Left out: leader election, its other informers (namespaces, priority classes), dry runs, evictions in the background.
 */
import {
  ConditionStatus,
  kinds,
  type NodeSpecification,
  type ObjectKey,
  type ObjectTables,
  type PodTemplate,
  type VersionHandle,
} from '../../cluster/index.ts';
import type { Process, ValuesOf } from '../../engine/index.ts';
import type { CounterSeries, MetricRecorder } from '../../metrics/index.ts';
import { nanoseconds } from '../../units/index.ts';
import { isSuccess } from '../api-machinery/index.ts';
import {
  type ApiClient,
  type ClientGo,
  EventRecorder,
  type EventRecorderReplies,
  type ReflectorReplies,
  SharedInformer,
} from '../client-go/index.ts';
import {
  type DeschedulerPolicy,
  type DeschedulingView,
  deschedulingPass,
  type Eviction,
  type ViewNode,
  type ViewPod,
} from '../descheduler/index.ts';
import { ExtendedResources, type PodRequirements, PodRequirementTable } from '../kube-scheduler/pod-requirements.ts';
import type { deschedulerParameters } from './descheduler.parameters.ts';

/** What a descheduler is made with. */
export interface DeschedulerOptions {
  readonly clientGo: ClientGo;
  readonly recorder: MetricRecorder;
  readonly reflectorReplies: ReflectorReplies;
  readonly eventRecorderReplies: EventRecorderReplies;
  readonly parameters: ValuesOf<typeof deschedulerParameters>;
  readonly policy: DeschedulerPolicy;
}

/** The descheduler. */
export class Descheduler {
  private readonly options: DeschedulerOptions;
  private readonly tables: ObjectTables;
  private readonly client: ApiClient;
  private readonly events: EventRecorder;
  private readonly nodes: SharedInformer;
  private readonly pods: SharedInformer;
  private readonly requirements = new PodRequirementTable(new ExtendedResources());
  private readonly evictions = new Map<string, CounterSeries>();

  constructor(options: DeschedulerOptions) {
    const { clientGo, parameters, reflectorReplies } = options;
    this.options = options;
    this.tables = clientGo.tables;
    this.client = clientGo.newClient({
      name: 'descheduler',
      user: 'system:serviceaccount:kube-system:descheduler',
      groups: ['system:serviceaccounts', 'system:serviceaccounts:kube-system', 'system:authenticated'],
      qps: parameters.clientQps,
      burst: parameters.clientBurst,
      onNode: true,
    });
    this.events = new EventRecorder(clientGo, this.client, options.eventRecorderReplies);
    this.nodes = new SharedInformer(clientGo, this.client, kinds.nodes, reflectorReplies);
    this.pods = new SharedInformer(clientGo, this.client, kinds.pods, reflectorReplies);
  }

  /** It has been running for long, and its informers know what was there before the run. */
  startPreloaded(): void {
    this.nodes.startPreloaded();
    this.pods.startPreloaded();
    this.options.clientGo.simulation.processes.spawn('descheduler', this.run());
  }

  /** One pass after the other, from interval to interval; one that takes longer is followed by the next at once. */
  private *run(): Process {
    const { clientGo, policy } = this.options;
    const { simulation } = clientGo;
    for (;;) {
      const begun = simulation.now;
      yield* this.pass();
      const left = begun + policy.settings.deschedulingInterval - simulation.now;
      yield nanoseconds(Math.max(0, left));
    }
  }

  private *pass(): Generator<number, void, number> {
    const { policy, parameters } = this.options;
    let looking = 0;
    const steps = deschedulingPass(policy, () => {
      const view = this.look();
      for (const { pods } of view.nodes) looking += pods.length * parameters.podTime;
      return view;
    });
    for (let step = steps.next(); step.done !== true; ) {
      if (looking > 0) yield nanoseconds(looking);
      looking = 0;
      step = steps.next(yield* this.evict(step.value));
    }
    if (looking > 0) yield nanoseconds(looking);
  }

  private *evict({ pod, plugin }: Eviction): Generator<number, boolean, number> {
    const { requests } = this.options.clientGo;
    const key = pod.id as ObjectKey;
    const isEvicted = isSuccess(requests.code[yield* this.client.call(this.client.eviction(key))] as number);
    this.counterOf(plugin, isEvicted ? 'success' : 'error').add();
    if (isEvicted) this.events.record('Descheduled', kinds.pods, key);
    return isEvicted;
  }

  private counterOf(strategy: string, result: string): CounterSeries {
    const name = `${strategy} ${result}`;
    let counter = this.evictions.get(name);
    if (counter === undefined) {
      counter = this.options.recorder.counter('descheduler_pods_evicted_total', { result, strategy });
      this.evictions.set(name, counter);
    }
    return counter;
  }

  // ---- what its informers have -------------------------------------------------------------------------------------------------

  private look(): DeschedulingView {
    const byNode = new Map<number, ViewPod[]>();
    const { pods } = this.tables;
    this.pods.forEach((key, version) => {
      const node = pods.node.get(version);
      if (node < 0 || pods.isTerminal(version)) return;
      const pod = this.podOf(key, version);
      const others = byNode.get(node);
      if (others === undefined) byNode.set(node, [pod]);
      else others.push(pod);
    });
    const nodes: ViewNode[] = [];
    const { nodes: table } = this.tables;
    this.nodes.forEach((key, version) => {
      if (table.ready.get(version) !== ConditionStatus.True) return;
      nodes.push({
        name: this.tables.keysOf('nodes').name(key),
        specification: table.specification.get(version) as NodeSpecification,
        taints: table.taints.get(version),
        isUnschedulable: table.unschedulable.get(version) === 1,
        pods: byNode.get(key) ?? [],
      });
    });
    return { nodes, hasRoom };
  }

  private podOf(key: ObjectKey, version: VersionHandle): ViewPod {
    const { pods } = this.tables;
    const template = pods.template.get(version) as PodTemplate;
    const namespace = this.tables.keysOf('pods').namespace(key);
    const owner = pods.owner.get(version);
    return {
      id: key,
      requirements: this.requirements.of(template, namespace),
      priority: template.priority,
      owner: owner < 0 ? '' : `ReplicaSet ${owner}`,
      namespace,
      isTerminating: pods.isTerminating(version),
    };
  }
}

/** Whether what a pod requests is left on a node (fitsRequest). */
function hasRoom({ specification, pods }: ViewNode, { template }: PodRequirements): boolean {
  const { allocatable, pods: allowed } = specification;
  if (pods.length >= allowed) return false;
  const isLeft = (asked: number, whole: number, takenBy: (pod: ViewPod) => number) =>
    asked === 0 || asked + pods.reduce((sum, pod) => sum + takenBy(pod), 0) <= whole;
  const { cpu, memory, ephemeralStorage, extended } = template.requests;
  return (
    isLeft(cpu, allocatable.cpu, ({ requirements }) => requirements.cpu) &&
    isLeft(memory, allocatable.memory, ({ requirements }) => requirements.memory) &&
    isLeft(ephemeralStorage, allocatable.ephemeralStorage, ({ requirements }) => requirements.ephemeralStorage) &&
    Object.entries(extended).every(([name, amount]) =>
      isLeft(
        amount,
        allocatable.extended[name] ?? 0,
        ({ requirements }) => requirements.template.requests.extended[name] ?? 0,
      ),
    )
  );
}
