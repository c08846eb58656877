/**
 * Prometheus: scrapes kubelets and API servers, and finds them by watching the API (Prometheus 3).
 * https://github.com/prometheus/prometheus/tree/main/scrape, https://github.com/prometheus/prometheus/tree/main/discovery/kubernetes.
 *
 * Modelled: replicas, each with watches of nodes, pods, Services and EndpointSlices; every target once each interval, at an offset of its own; what an API
 * server computes for its answer, on its host as work of its process; samples by the pods of a node; CPU and memory by samples and series, of which those
 * of pods that have gone stay in memory.
 * Its pods are no objects. Left out: rules and queries, targets other than kubelets and API servers, the end of old series after two hours.
 */
import { kinds, type ObjectKey } from '../../../cluster/index.ts';
import {
  count,
  defineParameters,
  type EventType,
  type KeyedStream,
  SerialServer,
  sourceCode,
  type ValuesOf,
} from '../../../engine/index.ts';
import { type CounterSeries, type HistogramSeries, publishServer } from '../../../metrics/index.ts';
import { type Nanoseconds, nanoseconds, type SimTime } from '../../../units/index.ts';
import { type ApiClient, type ClientGo, Reflector, SharedInformer } from '../../client-go/index.ts';
import { EVERYTHING } from '../../kube-apiserver/index.ts';
import {
  type Addon,
  type AddonSurroundings,
  type ApiServerProcess,
  defineAddon,
  kubeSystemUser,
  type NodePods,
} from '../addon.ts';
import { prometheusParameters } from './prometheus.parameters.ts';

/** What spec.addons.prometheus says. */
export const prometheusSettings = defineParameters({
  replicas: count({
    default: 2,
    unit: 'replica',
    range: [1, 100],
    help: 'Replicas, each of which scrapes everything.',
    source: sourceCode('github.com/prometheus-operator/kube-prometheus:manifests/prometheus-prometheus.yaml'),
  }),
});

/** Requests a second and at once that client-go lets pass where nothing is said. */
const CLIENT_QPS = 5;
const CLIENT_BURST = 10;
/** More than there can be replicas: a power of two, so that a number holds both a server and a replica. */
const MOST_REPLICAS = 128;

/** One replica. */
interface Replica {
  readonly index: number;
  readonly client: ApiClient;
  /** Nodes that it has found. */
  readonly nodes: SharedInformer;
  /** Nodes whose next scrape is planned, state. */
  readonly planned: Set<ObjectKey>;
  readonly reflectors: readonly Reflector[];
  readonly cpu: SerialServer;
  /** Pods, nodes and API servers whose series it has, of those that have gone too, and series in its head, state. */
  readonly pods: Set<ObjectKey>;
  readonly knownNodes: Set<ObjectKey>;
  readonly servers: Set<number>;
  series: number;
}

/** All replicas. */
export class Prometheus implements Addon {
  private readonly clientGo: ClientGo;
  private readonly nodePods: NodePods;
  private readonly apiServers: readonly ApiServerProcess[];
  private readonly parameters: ValuesOf<typeof prometheusParameters>;
  private readonly replicas: readonly Replica[];
  private readonly draws: KeyedStream;
  /** Owners of the work of scrapes on the hosts of API servers. */
  private readonly owners: readonly number[];
  private readonly evNode: EventType;
  private readonly evNodeAnswered: EventType;
  private readonly evApiServer: EventType;
  /** Scrapes so far, for draws. */
  private scrapes = 0;
  /** When each scrape of an API server that is under way began [ns], by its number. */
  private readonly begunAt = new Map<number, SimTime>();
  private readonly seconds: { readonly kubelet: HistogramSeries; readonly apiserver: HistogramSeries };
  private readonly failures: CounterSeries;
  private readonly samples: CounterSeries;
  private readonly bytes: CounterSeries;

  constructor(
    { clientGo, nodePods, apiServers }: AddonSurroundings,
    parameters: ValuesOf<typeof prometheusParameters>,
    { replicas }: ValuesOf<typeof prometheusSettings>,
  ) {
    const { simulation, recorder } = clientGo;
    this.clientGo = clientGo;
    this.nodePods = nodePods;
    this.apiServers = apiServers;
    this.parameters = parameters;
    this.draws = simulation.streams.keyed('prometheus');
    this.replicas = Array.from({ length: replicas }, (_, index) => this.newReplica(index));
    this.owners = apiServers.map(({ host, name }) => host.register((tag) => this.apiServerAnswered(tag), name));
    this.evNode = simulation.on('prometheus: scrape of a kubelet', (node, replica) =>
      this.scrapeNode(this.replicas[replica] as Replica, node as ObjectKey),
    );
    this.evNodeAnswered = simulation.on('prometheus: kubelet answered', (node, replica) =>
      this.nodeAnswered(this.replicas[replica] as Replica, node as ObjectKey),
    );
    this.evApiServer = simulation.on('prometheus: scrape of an API server', (server, replica) =>
      this.scrapeApiServer(server, replica),
    );
    this.seconds = {
      kubelet: recorder.histogram('plimsoll_scrape_duration_seconds', { job: 'kubelet' }),
      apiserver: recorder.histogram('plimsoll_scrape_duration_seconds', { job: 'apiserver' }),
    };
    this.failures = recorder.counter('plimsoll_scrape_failures_total');
    this.samples = recorder.counter('prometheus_tsdb_head_samples_appended_total');
    this.bytes = recorder.counter('plimsoll_scrape_bytes_total');
    this.publish();
  }

  start(): void {
    const { simulation } = this.clientGo;
    for (const { index, client, nodes, reflectors } of this.replicas) {
      nodes.startPreloaded();
      for (const reflector of reflectors) {
        const cache = this.clientGo.serverFor(client)?.cache(reflector.kind);
        reflector.startPreloaded(cache?.log.lastChange ?? 0);
      }
      for (const server of this.apiServers.keys())
        simulation.after(this.offset(-1 - server, index), this.evApiServer, server, index);
    }
  }

  private newReplica(index: number): Replica {
    const { clientGo, parameters } = this;
    const client = clientGo.newClient({
      name: 'prometheus',
      ...kubeSystemUser('prometheus'),
      qps: CLIENT_QPS,
      burst: CLIENT_BURST,
      onNode: true,
    });
    const nodes = new SharedInformer(clientGo, client, kinds.nodes, clientGo.reflectorReplies);
    const planned = new Set<ObjectKey>();
    nodes.addHandler({
      // A target is scraped first at its offset, whenever it was found.
      onAdd: (version) => {
        const node = clientGo.tables.nodes.key.get(version) as ObjectKey;
        if (planned.has(node)) return;
        planned.add(node);
        clientGo.simulation.after(this.offset(node, index), this.evNode, node, index);
      },
    });
    const reflectors = [kinds.pods, kinds.services, kinds.endpointslices].map(
      (kind) => new Reflector(clientGo, client, kind, EVERYTHING, clientGo.reflectorReplies),
    );
    return {
      index,
      client,
      nodes,
      planned,
      reflectors,
      cpu: new SerialServer(parameters.cores),
      pods: new Set(),
      knownNodes: new Set(),
      servers: new Set(),
      series: 0,
    };
  }

  /** Where in the interval a target lies: a hash of its name and of the replica (scrape/target.go:offset). */
  private offset(target: number, replica: number): Nanoseconds {
    return nanoseconds(this.parameters.scrapeInterval * this.draws.uniform(target, replica - MOST_REPLICAS));
  }

  // ---- kubelets ----------------------------------------------------------------------------------------------------------------

  private scrapeNode(replica: Replica, node: ObjectKey): void {
    // A node that has gone is no target any more.
    if (replica.nodes.get(node) < 0) {
      replica.planned.delete(node);
      return;
    }
    const { simulation } = this.clientGo;
    const { scrapeInterval, scrapeTimeout, kubeletAnswer } = this.parameters;
    simulation.after(scrapeInterval, this.evNode, node, replica.index);
    const span = kubeletAnswer.keyedSample(this.draws, node, this.scrapes++);
    const isAnswered = this.nodePods.answers(node) && span < scrapeTimeout;
    this.seconds.kubelet.recordSpan(isAnswered ? span : scrapeTimeout);
    if (isAnswered) simulation.after(span, this.evNodeAnswered, node, replica.index);
    else this.failures.add();
  }

  private nodeAnswered(replica: Replica, node: ObjectKey): void {
    const { samplesPerNode, samplesPerPod } = this.parameters;
    this.meet(replica, replica.knownNodes, node, samplesPerNode);
    for (const pod of this.nodePods.podsOf(node)) this.meet(replica, replica.pods, pod, samplesPerPod);
    this.append(replica, samplesPerNode + samplesPerPod * this.nodePods.podCount(node));
  }

  /** What is scraped for the first time adds its series to the head. */
  private meet<Target>(replica: Replica, known: Set<Target>, target: Target, series: number): void {
    if (known.has(target)) return;
    known.add(target);
    replica.series += series;
  }

  private append(replica: Replica, samples: number): void {
    const { cpuPerSample, bytesPerSample } = this.parameters;
    this.samples.add(samples);
    this.bytes.add(samples * bytesPerSample);
    replica.cpu.reserve(this.clientGo.simulation.now, nanoseconds(samples * cpuPerSample));
  }

  // ---- API servers -------------------------------------------------------------------------------------------------------------

  private scrapeApiServer(server: number, replica: number): void {
    const { simulation } = this.clientGo;
    const { scrapeInterval, apiServerBytes, apiServerCpuPerByte } = this.parameters;
    simulation.after(scrapeInterval, this.evApiServer, server, replica);
    const { host, isUp } = this.apiServers[server] as ApiServerProcess;
    if (!isUp()) {
      this.failures.add();
      return;
    }
    const tag = server * MOST_REPLICAS + replica;
    this.begunAt.set(tag, simulation.now);
    const work = nanoseconds(apiServerBytes * apiServerCpuPerByte);
    host.run(this.owners[server] as number, work, tag, apiServerBytes);
  }

  private apiServerAnswered(tag: number): void {
    const { apiServerBytes, bytesPerSample, scrapeTimeout } = this.parameters;
    const span = nanoseconds(this.clientGo.simulation.now - (this.begunAt.get(tag) as SimTime));
    this.begunAt.delete(tag);
    this.seconds.apiserver.recordSpan(span);
    if (span > scrapeTimeout) {
      this.failures.add();
      return;
    }
    const replica = this.replicas[tag % MOST_REPLICAS] as Replica;
    const samples = Math.round(apiServerBytes / bytesPerSample);
    this.meet(replica, replica.servers, Math.floor(tag / MOST_REPLICAS), samples);
    this.append(replica, samples);
  }

  // ---- what is told of them ----------------------------------------------------------------------------------------------------

  private publish(): void {
    const { recorder, simulation } = this.clientGo;
    publishServer(recorder, simulation, 'Prometheus CPU', () => ({
      busyNanoseconds: this.replicas.reduce((sum, { cpu }) => sum + cpu.busyNanoseconds(simulation.now), 0),
      capacity: this.replicas.length * this.parameters.cores,
      queueLength: this.replicas.reduce((sum, { cpu }) => sum + cpu.waiting(simulation.now), 0),
    }));
    const series = recorder.gauge('prometheus_tsdb_head_series');
    const memory = recorder.gauge('process_resident_memory_bytes', { job: 'prometheus', instance: 'largest' });
    recorder.onSample(() => {
      const most = this.replicas.reduce((largest, replica) => Math.max(largest, replica.series), 0);
      series.set(most);
      memory.set(most * this.parameters.memoryPerSeries);
    });
  }
}

/** The add-on. */
export const prometheus = defineAddon({
  help: 'Prometheus: scrapes kubelets with cadvisor and the API servers, which pay CPU for it, and watches the API for its targets.',
  parameters: prometheusParameters,
  settings: prometheusSettings,
  create: (around, parameters, settings) => new Prometheus(around, parameters, settings),
});
