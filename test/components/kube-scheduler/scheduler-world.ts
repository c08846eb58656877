/** A small world with a real scheduler: etcd, an API server, nodes without kubelets, and a client that creates pods. */
import {
  kinds,
  type Labels,
  NO_VERSION,
  type NodeSpecification,
  type ObjectKey,
  PodCondition,
  type PodTemplate,
  type ResourceList,
  type Taint,
} from '../../../src/cluster/index.ts';
import { writes } from '../../../src/components/api-machinery/index.ts';
import {
  type ApiClient,
  type EventRecorderReplies,
  eventRecorderReplies,
} from '../../../src/components/client-go/index.ts';
import { ProcessCpu } from '../../../src/components/host/process-cpu.ts';
import { KubeScheduler, type SchedulerConfiguration } from '../../../src/components/kube-scheduler/index.ts';
import { Preload } from '../../../src/components/preload.ts';
import type { SeriesResult } from '../../../src/metrics/index.ts';
import { bytes, milliCpu, type Nanoseconds, seconds, simTime } from '../../../src/units/index.ts';
import { ApiWorld, type Overrides } from '../api-world.ts';

const GIB = 2 ** 30;

/** Amounts of CPU [milli-CPU] and memory [GiB]. */
export function amounts(cpu: number, gibibytes: number, extended: Record<string, number> = {}): ResourceList {
  return { cpu: milliCpu(cpu), memory: bytes(gibibytes * GIB), ephemeralStorage: bytes(0), extended };
}

/** A node of 4 cores, 8 GiB and 110 pods unless said otherwise. */
export function nodeOf(options: Partial<NodeSpecification> = {}): NodeSpecification {
  return { allocatable: amounts(4000, 8), pods: 110, labels: {}, taints: [], unschedulable: false, ...options };
}

/** A template whose pods request half a core and half a GiB unless said otherwise. */
export function templateOf(id: number, options: Partial<PodTemplate> = {}): PodTemplate {
  const requests = options.requests ?? amounts(500, 0.5);
  return {
    id,
    labels: { app: `app-${id}` },
    initContainers: [],
    containers: [
      {
        name: 'main',
        image: 'app:1',
        imagePullPolicy: 'IfNotPresent',
        requests,
        limits: amounts(0, 0),
        ports: [],
        sidecar: false,
      },
    ],
    requests,
    nodeSelector: {},
    nodeAffinity: { preferred: [] },
    tolerations: [],
    schedulerName: 'default-scheduler',
    nodeName: '',
    priority: 0,
    priorityClassName: '',
    hostNetwork: false,
    serviceAccountName: 'default',
    terminationGracePeriod: seconds(30),
    restartPolicy: 'Always',
    bytes: bytes(1000),
    ...options,
  };
}

export class SchedulerWorld extends ApiWorld {
  readonly preload: Preload;
  readonly eventReplies: EventRecorderReplies;
  readonly schedulers: KubeScheduler[] = [];
  /** Their processes, which share the hosts of the API servers. */
  readonly processes: ProcessCpu[] = [];
  readonly user: ApiClient;
  private readonly ignored: number;

  constructor(
    overrides: Overrides = {},
    schedulers: readonly { name: string; configuration?: SchedulerConfiguration }[] = [{ name: 'default-scheduler' }],
    seed?: string,
  ) {
    super(overrides, seed);
    this.preload = new Preload(this.tables, this.parameters.objectSize, this.store, this.servers, 100);
    this.eventReplies = eventRecorderReplies(this.clientGo);
    this.user = this.client();
    this.ignored = this.clientGo.onReplyDo(() => {});
    for (const options of schedulers) {
      const cpu = new ProcessCpu(`kube-scheduler ${options.name}`, this.hosts);
      this.processes.push(cpu);
      this.schedulers.push(
        new KubeScheduler({
          clientGo: this.clientGo,
          cpu,
          reflectorReplies: this.clientGo.reflectorReplies,
          eventRecorderReplies: this.eventReplies,
          parameters: this.parameters.kubeScheduler,
          ...options,
        }),
      );
    }
  }

  get scheduler(): KubeScheduler {
    return this.schedulers[0] as KubeScheduler;
  }

  /** Adds nodes that are there before the run, named node-0, node-1, … */
  addNodes(count: number, specificationOf: (i: number) => NodeSpecification = () => nodeOf()): void {
    for (let i = 0; i < count; i++) this.preload.node(`node-${this.preload.nodes.length}`, specificationOf(i));
  }

  start(): void {
    for (const scheduler of this.schedulers) scheduler.start({ preloaded: true, instance: 0 });
  }

  /** Creates a pod through the API. */
  createPod(template: PodTemplate, name?: string): ObjectKey {
    const keys = this.tables.keysOf('pods');
    const key = name === undefined ? keys.generate('default', 'pod') : keys.intern('default', name);
    const request = this.user.write(writes.podCreate, key);
    this.requests.setNumber(request, 0, -1);
    this.requests.setNumber(request, 1, -1);
    this.requests.object[request] = template;
    this.user.send(request, this.ignored);
    return key;
  }

  createPods(count: number, template: PodTemplate): ObjectKey[] {
    return Array.from({ length: count }, () => this.createPod(template));
  }

  /** Binds a pod as somebody who is not a scheduler. */
  bindByHand(pod: ObjectKey, node: string): void {
    const request = this.user.write(writes.podBinding, pod);
    this.requests.setNumber(request, 0, this.tables.keysOf('nodes').find('', node));
    this.user.send(request, this.ignored);
  }

  /** Deletes a pod at once. */
  deletePod(key: ObjectKey): void {
    this.user.send(this.user.deletion(kinds.pods, key, 0, true), this.ignored);
  }

  /** Registers a node while the cluster runs. */
  createNode(name: string, specification: NodeSpecification): ObjectKey {
    const key = this.tables.keysOf('nodes').intern('', name);
    const request = this.user.write(writes.nodeCreate, key);
    this.requests.object[request] = specification;
    this.user.send(request, this.ignored);
    return key;
  }

  run(span: Nanoseconds): void {
    this.simulation.run(simTime(this.simulation.now + span));
  }

  /** Name of the node to which the store has a pod bound; undefined if it has not. */
  nodeOfPod(key: ObjectKey): string | undefined {
    const version = this.store.current(kinds.pods, key);
    if (version === NO_VERSION) return undefined;
    const node = this.tables.pods.node.get(version);
    return node < 0 ? undefined : this.tables.keysOf('nodes').name(node as ObjectKey);
  }

  boundTo(keys: readonly ObjectKey[]): (string | undefined)[] {
    return keys.map((key) => this.nodeOfPod(key));
  }

  boundCount(keys: readonly ObjectKey[]): number {
    return this.boundTo(keys).filter((node) => node !== undefined).length;
  }

  isMarkedUnschedulable(key: ObjectKey): boolean {
    const version = this.store.current(kinds.pods, key);
    return (this.tables.pods.conditions.get(version) & PodCondition.Unschedulable) !== 0;
  }

  /** Requests of a client that were answered with a code. */
  requestsOf(client: string, method: string, code: number): number {
    return this.statistic('rest_client_requests_total', `client=${client};code=${code};method=${method}`, 'final') ?? 0;
  }

  /** A statistic of a series. */
  statistic(metric: string, labels: string, statistic: string): number | undefined {
    const series = this.recorder.result().series.find((s: SeriesResult) => s.metric === metric && s.labels === labels);
    return (series?.statistics as Record<string, number> | undefined)?.[statistic];
  }
}

export const zone = (name: string): Labels => ({ 'topology.kubernetes.io/zone': name });
export const taint = (key: string, effect: Taint['effect'], value = ''): Taint => ({ key, value, effect });
