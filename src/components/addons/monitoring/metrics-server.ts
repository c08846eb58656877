/**
 * metrics-server: asks every kubelet for the CPU and memory of its node and pods, for autoscalers and `kubectl top` (metrics-server 0.8).
 * https://github.com/kubernetes-sigs/metrics-server.
 *
 * Modelled: informers of nodes and pods; cycles in which each node is asked at a random instant, with time-out; a cycle that takes longer than the
 * resolution delays the next; CPU for each answer; the last sample of each node and how old it is; memory. One replica works.
 * Its pod is no object. Left out: the metrics API as an aggregated API, so that LISTs of metrics are no requests; see docs/not-modelled.md.
 */
import { kinds, type ObjectKey } from '../../../cluster/index.ts';
import {
  defineParameters,
  type EventType,
  type KeyedStream,
  SerialServer,
  type ValuesOf,
} from '../../../engine/index.ts';
import { type CounterSeries, type HistogramSeries, publishServer } from '../../../metrics/index.ts';
import { type Nanoseconds, nanoseconds, type SimTime, START_OF_RUN, toSeconds } from '../../../units/index.ts';
import { type ClientGo, SharedInformer } from '../../client-go/index.ts';
import { type Addon, type AddonSurroundings, defineAddon, kubeSystemUser, type NodePods } from '../addon.ts';
import { metricsServerParameters } from './metrics-server.parameters.ts';

/** Requests a second and at once that client-go lets pass where nothing is said; metrics-server only lists and watches. */
const CLIENT_QPS = 5;
const CLIENT_BURST = 10;

/** The working replica. */
export class MetricsServer implements Addon {
  private readonly clientGo: ClientGo;
  private readonly nodePods: NodePods;
  private readonly parameters: ValuesOf<typeof metricsServerParameters>;
  private readonly nodes: SharedInformer;
  private readonly pods: SharedInformer;
  private readonly cpu: SerialServer;
  private readonly draws: KeyedStream;
  /** When the last sample of each node came [ns], and of how many pods it told, state. */
  private readonly sampledAt = new Map<ObjectKey, SimTime>();
  private readonly sampledPods = new Map<ObjectKey, number>();
  /** Number of the cycle, when it began [ns], and its nodes without an answer, state. */
  private cycle = 0;
  private began: SimTime = START_OF_RUN;
  private missing = 0;
  private readonly evCycle: EventType;
  private readonly evAsked: EventType;
  private readonly evAnswered: EventType;
  private readonly evProcessed: EventType;
  private readonly requestSeconds: HistogramSeries;
  private readonly tickSeconds: HistogramSeries;
  private readonly outcomes: { readonly success: CounterSeries; readonly failure: CounterSeries };
  private readonly cpuServer: number;

  constructor({ clientGo, nodePods }: AddonSurroundings, parameters: ValuesOf<typeof metricsServerParameters>) {
    const { simulation, recorder, waits } = clientGo;
    this.clientGo = clientGo;
    this.nodePods = nodePods;
    this.parameters = parameters;
    const client = clientGo.newClient({
      name: 'metrics-server',
      ...kubeSystemUser('metrics-server'),
      qps: CLIENT_QPS,
      burst: CLIENT_BURST,
      onNode: true,
    });
    this.nodes = new SharedInformer(clientGo, client, kinds.nodes, clientGo.reflectorReplies);
    this.pods = new SharedInformer(clientGo, client, kinds.pods, clientGo.reflectorReplies);
    this.nodes.addHandler({ onDelete: (version) => this.forget(clientGo.tables.nodes.key.get(version) as ObjectKey) });
    this.cpu = new SerialServer(parameters.cores);
    this.draws = simulation.streams.keyed('metricsServer');
    this.evCycle = simulation.on('metrics-server: cycle begins', () => this.beginCycle());
    this.evAsked = simulation.on('metrics-server: kubelet asked', (node) => this.ask(node as ObjectKey));
    this.evAnswered = simulation.on('metrics-server: kubelet answered', (node) => this.answered(node as ObjectKey));
    this.evProcessed = simulation.on('metrics-server: answer processed', (node, pods) => {
      this.sampledAt.set(node as ObjectKey, simulation.now);
      this.sampledPods.set(node as ObjectKey, pods);
      this.closeOne();
    });
    this.requestSeconds = recorder.histogram('metrics_server_kubelet_request_duration_seconds');
    this.tickSeconds = recorder.histogram('metrics_server_manager_tick_duration_seconds');
    this.outcomes = {
      success: recorder.counter('metrics_server_kubelet_request_total', { success: 'true' }),
      failure: recorder.counter('metrics_server_kubelet_request_total', { success: 'false' }),
    };
    this.cpuServer = waits.server('metrics-server CPU', 'server');
    this.publish();
  }

  start(): void {
    const { simulation } = this.clientGo;
    this.nodes.startPreloaded();
    this.pods.startPreloaded();
    simulation.after(nanoseconds(this.parameters.metricResolution * this.draws.uniform(0, 0)), this.evCycle);
  }

  private forget(node: ObjectKey): void {
    this.sampledAt.delete(node);
    this.sampledPods.delete(node);
  }

  // ---- a cycle -----------------------------------------------------------------------------------------------------------------

  private beginCycle(): void {
    const { simulation } = this.clientGo;
    const { delayPerNode, delayMaximum } = this.parameters;
    this.cycle++;
    this.began = simulation.now;
    const spread = Math.min(delayPerNode * this.nodes.size, delayMaximum);
    // The last one that is closed is the cycle itself.
    this.missing = this.nodes.size + 1;
    this.nodes.forEach((node) => {
      simulation.after(nanoseconds(spread * this.draws.uniform(node, 2 * this.cycle)), this.evAsked, node);
    });
    this.closeOne();
  }

  private ask(node: ObjectKey): void {
    const { simulation } = this.clientGo;
    const { kubeletAnswer, scrapeTimeout } = this.parameters;
    const span = kubeletAnswer.keyedSample(this.draws, node, 2 * this.cycle + 1);
    const isAnswered = this.nodePods.answers(node) && span < scrapeTimeout;
    const waited = isAnswered ? span : scrapeTimeout;
    this.requestSeconds.recordSpan(waited);
    this.outcomes[isAnswered ? 'success' : 'failure'].add();
    simulation.after(waited, this.evAnswered, isAnswered ? node : -1);
  }

  private answered(node: ObjectKey): void {
    if (node < 0) {
      this.closeOne();
      return;
    }
    const { simulation, waits } = this.clientGo;
    const { cpuPerScrape } = this.parameters;
    const done = this.cpu.reserve(simulation.now, cpuPerScrape);
    waits.passed(this.cpuServer, done - simulation.now - cpuPerScrape);
    simulation.at(done, this.evProcessed, node, this.nodePods.podCount(node));
  }

  /** A node of this cycle is done with; after the last, the next cycle comes at its tick, or at once if that has passed. */
  private closeOne(): void {
    this.missing--;
    if (this.missing > 0) return;
    const { simulation } = this.clientGo;
    this.tickSeconds.recordSpan((simulation.now - this.began) as Nanoseconds);
    const next = this.began + this.parameters.metricResolution;
    simulation.at(Math.max(simulation.now, next) as SimTime, this.evCycle);
  }

  // ---- what is told of it ------------------------------------------------------------------------------------------------------

  private publish(): void {
    const { recorder, simulation } = this.clientGo;
    publishServer(recorder, simulation, 'metrics-server CPU', () => ({
      busyNanoseconds: this.cpu.busyNanoseconds(simulation.now),
      capacity: this.parameters.cores,
      queueLength: this.cpu.waiting(simulation.now),
    }));
    const nodePoints = recorder.gauge('metrics_server_storage_points', { type: 'node' });
    const podPoints = recorder.gauge('metrics_server_storage_points', { type: 'container' });
    const oldest = recorder.gauge('plimsoll_metrics_server_oldest_sample_seconds');
    const memory = recorder.gauge('process_resident_memory_bytes', { job: 'metrics-server', instance: 'largest' });
    recorder.onSample(() => {
      nodePoints.set(this.sampledAt.size);
      podPoints.set([...this.sampledPods.values()].reduce((sum, pods) => sum + pods, 0));
      const first = [...this.sampledAt.values()].reduce((least, at) => Math.min(least, at), simulation.now as number);
      oldest.set(toSeconds((simulation.now - first) as Nanoseconds));
      memory.set(this.parameters.memoryBase + this.parameters.memoryPerNode * this.nodes.size);
    });
  }
}

/** The add-on. */
export const metricsServer = defineAddon({
  help: 'metrics-server: asks every kubelet each 15 s for the CPU and memory of its node and pods.',
  parameters: metricsServerParameters,
  settings: defineParameters({}),
  create: (around, parameters) => new MetricsServer(around, parameters),
});
