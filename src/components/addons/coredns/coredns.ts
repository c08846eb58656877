/**
 * CoreDNS, the name server of the cluster, and the autoscaler that sets its replicas (CoreDNS 1.12; cluster-proportional-autoscaler 1.9).
 * https://github.com/coredns/coredns, https://github.com/kubernetes-sigs/cluster-proportional-autoscaler.
 *
 * Modelled: replicas with informers of Services, EndpointSlices and Namespaces (and pods with `pods verified`), cores and a bounded queue, the cache,
 * the forwarding of other names with its limit, lame duck, memory; resolvers in pods (resolver.ts); how old the answers about headless Services are;
 * an autoscaler that watches nodes and looks every ten seconds.
 * Its pods are no objects: a replica takes a drawn time to start and to be sent queries, and no room on nodes. Left out: see docs/not-modelled.md.
 */
import { kinds, type NodeSpecification } from '../../../cluster/index.ts';
import { choice, count, defineParameters, type EventType, sourceCode, type ValuesOf } from '../../../engine/index.ts';
import { type GaugeSeries, publishServer } from '../../../metrics/index.ts';
import { type ApiClient, SharedInformer } from '../../client-go/index.ts';
import { type Addon, type AddonSurroundings, defineAddon, kubeSystemUser } from '../addon.ts';
import { replicaControls } from './autoscaler.ts';
import { corednsParameters } from './coredns.parameters.ts';
import { DnsLoad, type DnsLoadOptions } from './dns-load.ts';
import { DnsMetrics } from './dns-metrics.ts';
import { Replica, ReplicaState, type ReplicaSurroundings } from './replica.ts';
import { DnsResolver } from './resolver.ts';

/** What spec.addons.coredns says. */
export const corednsSettings = defineParameters({
  replicas: count({
    default: 2,
    unit: 'replica',
    range: [1, 10_000],
    help: 'Replicas at the start, and all along without an autoscaler.',
    source: sourceCode('K:cmd/kubeadm/app/phases/addons/dns'),
  }),
  autoscaler: choice<'none' | keyof typeof replicaControls>({
    default: 'none',
    choices: ['none', 'linear', 'ladder'],
    help: 'Control by which the cluster-proportional autoscaler sets the replicas: linear, ladder; or there is none.',
    source: sourceCode('CPA:pkg/autoscaler/controller'),
  }),
  pods: choice<'disabled' | 'verified'>({
    default: 'disabled',
    choices: ['disabled', 'verified'],
    help: 'Option pods of the plugin kubernetes: verified makes each replica watch all pods.',
    source: sourceCode('CDNS:plugin/kubernetes/setup.go'),
  }),
});

/** CoreDNS has no limiter of its own beyond that of client-go (plugin/kubernetes leaves rest.Config's defaults); list and watch take no more. */
const CLIENT_QPS = 5;
const CLIENT_BURST = 10;
/** Milli-CPU in a core. */
const MILLI = 1000;

/** All replicas, and who sets their number. */
export class CoreDns implements Addon {
  private readonly around: AddonSurroundings;
  private readonly parameters: ValuesOf<typeof corednsParameters>;
  private readonly settings: ValuesOf<typeof corednsSettings>;
  private readonly shared: ReplicaSurroundings;
  private readonly replicas: Replica[] = [];
  /** Replicas that nodes send queries to, state. */
  private readonly inService: Replica[] = [];
  readonly resolver: DnsResolver;
  /** What the autoscaler watches; undefined = there is none. */
  private readonly nodes: SharedInformer | undefined;
  private readonly evProcessRuns: EventType;
  private readonly evProbe: EventType;
  private readonly evTakesQueries: EventType;
  private readonly evIsLeft: EventType;
  private readonly evStops: EventType;
  private readonly evPoll: EventType;

  constructor(
    around: AddonSurroundings,
    parameters: ValuesOf<typeof corednsParameters>,
    settings: ValuesOf<typeof corednsSettings>,
  ) {
    const { clientGo } = around;
    const { simulation } = clientGo;
    this.around = around;
    this.parameters = parameters;
    this.settings = settings;
    const metrics = new DnsMetrics(clientGo);
    this.shared = {
      clientGo,
      parameters,
      metrics,
      newClient: () => this.newClient('coredns'),
      watchesPods: settings.pods === 'verified',
    };
    this.resolver = new DnsResolver({ simulation, parameters, metrics, inService: this.inService });
    if (settings.autoscaler !== 'none') {
      const client = this.newClient('dns-autoscaler');
      this.nodes = new SharedInformer(clientGo, client, kinds.nodes, clientGo.reflectorReplies);
    }
    const on = (name: string, handle: (replica: Replica) => void) =>
      simulation.on(`coredns: ${name}`, (index) => handle(this.replicas[index] as Replica));
    this.evProcessRuns = on('process runs', (replica) => this.processRuns(replica));
    this.evProbe = on('readiness probe', (replica) => this.probe(replica));
    this.evTakesQueries = on('nodes send queries', (replica) => this.takesQueries(replica));
    this.evIsLeft = on('nodes send no more queries', (replica) => {
      this.inService.splice(this.inService.indexOf(replica), 1);
    });
    this.evStops = on('process ends', (replica) => replica.stop());
    this.evPoll = simulation.on('dns-autoscaler: poll', () => this.poll());
    this.publish();
  }

  start(): void {
    for (let i = 0; i < this.settings.replicas; i++) {
      const replica = this.newReplica();
      replica.startPreloaded();
      this.inService.push(replica);
    }
    if (this.nodes === undefined) return;
    this.nodes.startPreloaded();
    this.poll();
  }

  /** Pods that resolve names. */
  newLoad(options: DnsLoadOptions): DnsLoad {
    return new DnsLoad(this.around.clientGo, this.resolver, options);
  }

  private newClient(name: string): ApiClient {
    return this.around.clientGo.newClient({
      name,
      ...kubeSystemUser(name),
      qps: CLIENT_QPS,
      burst: CLIENT_BURST,
      onNode: true,
    });
  }

  // ---- replicas ----------------------------------------------------------------------------------------------------------------

  private newReplica(): Replica {
    const replica = new Replica(this.shared, this.replicas.length);
    this.replicas.push(replica);
    return replica;
  }

  /** Replicas that are there and are to stay. */
  private get wanted(): Replica[] {
    return this.replicas.filter(({ state }) => state === ReplicaState.Starting || state === ReplicaState.Serving);
  }

  private processRuns(replica: Replica): void {
    if (replica.state !== ReplicaState.Starting) return;
    replica.start();
    this.probe(replica);
  }

  /** The readiness probe asks the plugin ready, which says yes once the lists have come; then nodes learn of the endpoint. */
  private probe(replica: Replica): void {
    if (replica.state !== ReplicaState.Starting) return;
    const { simulation } = this.around.clientGo;
    if (!replica.hasSynced) {
      simulation.after(this.parameters.readinessPeriod, this.evProbe, replica.index);
      return;
    }
    replica.state = ReplicaState.Serving;
    simulation.after(this.programming(), this.evTakesQueries, replica.index);
  }

  private takesQueries(replica: Replica): void {
    if (replica.state === ReplicaState.Serving) this.inService.push(replica);
  }

  /** SIGTERM: the replica answers on for a while, as nodes go on sending. */
  private remove(replica: Replica): void {
    const { simulation } = this.around.clientGo;
    if (replica.state === ReplicaState.Starting) {
      replica.stop();
      return;
    }
    replica.state = ReplicaState.LameDuck;
    simulation.after(this.parameters.lameduck, this.evStops, replica.index);
    if (this.inService.includes(replica)) simulation.after(this.programming(), this.evIsLeft, replica.index);
  }

  private programming() {
    const { streams } = this.around.clientGo.simulation;
    return this.parameters.endpointProgramming.sample(streams.stream('coredns.replicas'));
  }

  // ---- the autoscaler ----------------------------------------------------------------------------------------------------------

  private poll(): void {
    const { simulation } = this.around.clientGo;
    this.scaleTo(this.replicasFor());
    simulation.after(this.parameters.autoscalerPoll, this.evPoll);
  }

  /** What the control asks for; what there is as long as no node is known. */
  private replicasFor(): number {
    const { nodes: table } = this.around.clientGo.tables;
    const { autoscaler } = this.settings;
    let nodes = 0;
    let milli = 0;
    this.nodes?.forEach((_, version) => {
      if (table.unschedulable.get(version) === 1) return;
      nodes++;
      milli += (table.specification.get(version) as NodeSpecification).allocatable.cpu;
    });
    if (nodes === 0 || autoscaler === 'none') return this.wanted.length;
    const { coresPerReplica, nodesPerReplica } = this.parameters;
    return replicaControls[autoscaler]({ nodes, cores: Math.floor(milli / MILLI) }, coresPerReplica, nodesPerReplica);
  }

  /** A ReplicaSet's way: new ones start, the youngest end. */
  private scaleTo(replicas: number): void {
    const { simulation } = this.around.clientGo;
    const wanted = this.wanted;
    for (let missing = replicas - wanted.length; missing > 0; missing--) {
      const span = this.parameters.replicaStart.sample(simulation.streams.stream('coredns.replicas'));
      simulation.after(span, this.evProcessRuns, this.newReplica().index);
    }
    for (const replica of wanted.slice(replicas)) this.remove(replica);
  }

  // ---- what is told of them ----------------------------------------------------------------------------------------------------

  private publish(): void {
    const { recorder, simulation } = this.around.clientGo;
    publishServer(recorder, simulation, 'CoreDNS CPU', () => {
      const listening = this.replicas.filter(({ isListening }) => isListening);
      return {
        busyNanoseconds: sumOf(this.replicas, ({ cpu }) => cpu.busyNanoseconds(simulation.now)),
        capacity: Math.max(1, listening.length) * this.parameters.cores,
        queueLength: sumOf(listening, (replica) => replica.waiting(simulation.now)),
      };
    });
    const replicas = recorder.gauge('plimsoll_dns_replicas');
    const success = recorder.gauge('coredns_cache_entries', { type: 'success' });
    const denial = recorder.gauge('coredns_cache_entries', { type: 'denial' });
    const memory = recorder.gauge('process_resident_memory_bytes', { job: 'coredns', instance: 'largest' });
    const set = (gauge: GaugeSeries, of: (replica: Replica) => number) => gauge.set(sumOf(this.replicas, of));
    recorder.onSample(() => {
      replicas.set(this.inService.length);
      set(success, ({ cache }) => cache.entries.success);
      set(denial, ({ cache }) => cache.entries.denial);
      memory.set(this.replicas.reduce((most, { residentBytes }) => Math.max(most, residentBytes), 0));
    });
  }
}

function sumOf(replicas: readonly Replica[], of: (replica: Replica) => number): number {
  return replicas.reduce((sum, replica) => sum + of(replica), 0);
}

/** The add-on. */
export const coredns = defineAddon({
  help: 'CoreDNS: replicas that answer names from their informers, their cache and servers outside; with an autoscaler if wanted. Pods ask it by queryDns.',
  parameters: corednsParameters,
  settings: corednsSettings,
  create: (around, parameters, settings) => new CoreDns(around, parameters, settings),
});
