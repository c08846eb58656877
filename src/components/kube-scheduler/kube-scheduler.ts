/**
 * kube-scheduler 1.36: one process. https://github.com/kubernetes/kubernetes/tree/master/pkg/scheduler.
 *
 * Modelled: informers of pods, nodes, ReplicaSets, Services, namespaces, budgets, storage and devices, the scheduling queue with back-off, gates and
 * queueing hints, the serial scheduling loop with sampling of nodes, filters and scores of the plugins in `plugins/`, assumed pods, asynchronous
 * bindings through the client's limiter, events through a client of their own, profiles, several schedulers side by side, preemption with nominated
 * nodes, extenders, gangs.
 * Left out here: see docs/not-modelled.md.
 */
import { kinds } from '../../cluster/index.ts';
import { type EventType, type RandomStream, type Simulation, type ValuesOf, valuesOf } from '../../engine/index.ts';
import {
  type ClientGo,
  EventRecorder,
  type EventRecorderReplies,
  type ReflectorReplies,
  SharedInformer,
} from '../client-go/index.ts';
import type { ProcessCpu } from '../host/process-cpu.ts';
import { type AlgorithmName, type AlgorithmSettings, algorithmRegistry } from './algorithms/index.ts';
import { BindingCycle } from './binding-cycle.ts';
import { ClusterChanges } from './cluster-changes.ts';
import type { SchedulerConfiguration } from './configuration.ts';
import { goroutinesAtOnce } from './cycle-work.ts';
import { defaultConfiguration } from './default-configuration.ts';
import { SchedulerDevices } from './devices/scheduler-devices.ts';
import type { PodExplanation } from './explanation.ts';
import { FailureReport } from './failure-report.ts';
import { Gangs } from './gangs.ts';
import type { kubeSchedulerParameters } from './kube-scheduler.parameters.ts';
import { NodeColumns } from './node-columns.ts';
import { Nominations } from './nominations.ts';
import { OpportunisticBatch } from './opportunistic-batch.ts';
import { pluginNames } from './plugins/index.ts';
import { PodGroups } from './pod-groups.ts';
import { ExtendedResources, PodRequirementTable } from './pod-requirements.ts';
import { InformedPods } from './pod-view.ts';
import { Evictions } from './preemption/evictions.ts';
import { Preemption } from './preemption/preemption.ts';
import { InformedPreemptionView } from './preemption/preemption-view.ts';
import { makeProfiles, type Profile, schedulesGangs } from './profile.ts';
import { SchedulerCache } from './scheduler-cache.ts';
import { newClients, newExtenders, processName, streamName, uncountedResources } from './scheduler-identity.ts';
import { SchedulerMetrics } from './scheduler-metrics.ts';
import { SchedulingLoop } from './scheduling-loop.ts';
import { SchedulingQueue } from './scheduling-queue.ts';
import { SchedulerVolumes } from './volumes/scheduler-volumes.ts';
import { VolumeView } from './volumes/volume-view.ts';
import { WaitingPods } from './waiting-pods.ts';

/** Number of the plugin in whose name waiting pods are turned away for a pod of higher priority. */
const PREEMPTION = pluginNames.indexOf('DefaultPreemption');
/** Number of the plugin that minds gangs. */
const GANGS = pluginNames.indexOf('GangScheduling');

/** What a scheduler is made with. */
export interface KubeSchedulerOptions {
  readonly clientGo: ClientGo;
  /** The process on its host. */
  readonly cpu: ProcessCpu;
  readonly reflectorReplies: ReflectorReplies;
  readonly eventRecorderReplies: EventRecorderReplies;
  readonly parameters: ValuesOf<typeof kubeSchedulerParameters>;
  /** Name among the schedulers of a run. */
  readonly name: string;
  /** Told of the pod that somebody wants explained. */
  readonly explanation?: PodExplanation | undefined;
  /** Which of several that all work it is, from 0; left out = there is one at a time. */
  readonly instance?: number;
  /** The default profile for pods that ask for `name`, if left out. */
  readonly configuration?: SchedulerConfiguration;
  /** How it chooses nodes; the algorithm of kube-scheduler if left out. */
  readonly algorithm?: AlgorithmName;
  /** Settings of the algorithm that are given. */
  readonly settings?: AlgorithmSettings;
}

/** One scheduler. */
export class KubeScheduler {
  /** "kube-scheduler", with its own name where it is not the default one. */
  readonly name: string;
  private readonly simulation: Simulation;
  private readonly clientGo: ClientGo;
  private readonly cpu: ProcessCpu;
  private readonly parameters: ValuesOf<typeof kubeSchedulerParameters>;
  private readonly pods: SharedInformer;
  private readonly nodes: SharedInformer;
  /** What groups pods, and namespaces: what the plugins look up beside nodes and pods. */
  private readonly groups: PodGroups;
  private readonly devices: SchedulerDevices;
  private readonly columns: NodeColumns;
  private readonly requirements: PodRequirementTable;
  private readonly profiles: ReadonlyMap<string, Profile>;
  private readonly cache: SchedulerCache;
  private readonly queue: SchedulingQueue;
  private readonly budgets: SharedInformer;
  private readonly volumes: SchedulerVolumes;
  /** Informers beside those of {@link groups}, in the order in which they start. */
  private readonly informers: readonly SharedInformer[];
  private readonly nominations: Nominations;
  private readonly evictions: Evictions;
  private readonly waiting: WaitingPods;
  /** Groups of pods; undefined = no profile minds them. */
  private readonly gangs: Gangs | undefined;
  private readonly loop: SchedulingLoop;
  private readonly evSyncPoll: EventType;
  /** Raised at every start and stop, so that polls of an older start are ignored, state. */
  private incarnation = 0;

  constructor(options: KubeSchedulerOptions) {
    const { clientGo, parameters, cpu } = options;
    const configuration = options.configuration ?? defaultConfiguration(options.name);
    const { simulation, recorder, tables } = clientGo;
    const name = processName(options);
    const streams = (use: string) => simulation.streams.stream(`kubeScheduler.${use}.${streamName(options)}`);
    this.name = name;
    this.simulation = simulation;
    this.clientGo = clientGo;
    this.cpu = cpu;
    this.parameters = parameters;
    const [client, eventClient] = newClients(clientGo, name, configuration, parameters, cpu);
    this.nodes = new SharedInformer(clientGo, client, kinds.nodes, options.reflectorReplies);
    this.pods = new SharedInformer(clientGo, client, kinds.pods, options.reflectorReplies);
    this.budgets = new SharedInformer(clientGo, client, kinds.poddisruptionbudgets, options.reflectorReplies);
    const extended = new ExtendedResources();
    this.columns = new NodeColumns(tables.keysOf('nodes'), extended);
    this.requirements = new PodRequirementTable(extended, uncountedResources(configuration));
    this.devices = new SchedulerDevices(clientGo, client, options.reflectorReplies, {
      claimMade: (pod) => this.queue.tryAgain(pod),
      devicesFreed: () => {
        if (this.queue.listens) this.queue.onEvent({ kind: 'devices' });
      },
    });
    this.groups = new PodGroups(clientGo, client, options.reflectorReplies, this.columns, this.requirements);
    const view = new VolumeView(clientGo, client, options.reflectorReplies, () => {
      if (this.queue.listens) this.queue.onEvent({ kind: 'storage' });
    });
    this.volumes = new SchedulerVolumes({ clientGo, client, view, nodes: this.columns, parameters });
    const groups = schedulesGangs(configuration, parameters)
      ? new SharedInformer(clientGo, client, kinds.podgroups, options.reflectorReplies)
      : undefined;
    const further = groups === undefined ? [] : [groups];
    this.informers = [
      this.nodes,
      ...this.volumes.informers,
      ...this.devices.informers,
      this.budgets,
      ...further,
      this.pods,
    ];
    this.waiting = new WaitingPods(simulation, name, {
      onAllowed: (pod) => binding.allowed(pod),
      onRejected: (pod, plugin) => binding.rejected(pod, plugin),
    });
    this.gangs =
      groups &&
      new Gangs({
        tables,
        pods: this.pods,
        groups,
        waiting: this.waiting,
        plugin: GANGS,
        timeout: parameters.gangPermitTimeout,
        isPlaced: (key) => this.cache.isPlaced(key),
        onGrown: (isMember) => this.queue.askAgain(GANGS, isMember),
      });
    const profiles = makeProfiles(configuration, this.columns, parameters, {
      isPreempting: (pod) => this.evictions.isRunning(pod),
      devices: this.devices,
      isGated: ({ key }) => this.clientGo.tables.pods.isGated(this.pods.get(key)),
      volumes: this.volumes,
      gangs: this.gangs,
    });
    this.profiles = new Map(profiles.map((profile) => [profile.name, profile]));
    this.cache = new SchedulerCache(simulation, name, this.columns, this.requirements, this.volumes);
    this.queue = new SchedulingQueue({
      name: `${name} queue`,
      simulation,
      parameters,
      podInitialBackoff: configuration.podInitialBackoff ?? parameters.podInitialBackoff,
      podMaxBackoff: configuration.podMaxBackoff ?? parameters.podMaxBackoff,
      explanation: options.explanation,
      onReady: () => this.loop.proceed(),
    });
    this.nominations = new Nominations(this.columns);
    const parallelism = configuration.parallelism ?? parameters.parallelism;
    const goroutines = goroutinesAtOnce(cpu.host.cores, parallelism, parameters.cores);
    const events = new EventRecorder(clientGo, eventClient, options.eventRecorderReplies);
    const placed = new InformedPreemptionView({
      simulation,
      tables,
      pods: this.pods,
      budgets: this.budgets,
      cache: this.cache,
    });
    this.evictions = new Evictions({
      name,
      clientGo,
      client,
      events,
      nominations: this.nominations,
      view: placed,
      parallelism,
      turnAway: (key) => this.waiting.reject(key, PREEMPTION),
      onFailed: (pod) => this.queue.forceActivate(pod),
    });
    const metrics = new SchedulerMetrics(recorder, simulation, this.queue);
    metrics.publishCpu(name, cpu);
    const podView = new InformedPods(this.pods, tables);
    const failures = new FailureReport({
      requests: clientGo.requests,
      client,
      events,
      nominations: this.nominations,
      nominatedNode: (key) => podView.nominatedNode(key),
    });
    const asked = newExtenders(clientGo, options, configuration, parameters);
    const binding = new BindingCycle({
      name,
      clientGo,
      client,
      events,
      queue: this.queue,
      cache: this.cache,
      extenders: asked?.extenders,
      extenderClient: asked?.client ?? client,
      nominations: this.nominations,
      waiting: this.waiting,
      failures,
      pods: podView,
      explanation: options.explanation,
      metrics,
      parameters,
    });
    const tieBreak = streams('tieBreak');
    const algorithm = algorithmRegistry[options.algorithm ?? 'kube-scheduler'];
    const settings = valuesOf(algorithm.settings, options.settings ?? {});
    this.loop = new SchedulingLoop({
      name,
      clientGo,
      cpu,
      events,
      queue: this.queue,
      cache: this.cache,
      nodes: this.columns,
      algorithm: algorithm.create({
        nodes: this.columns,
        nominations: this.nominations,
        extenders: asked?.extenders,
        parallelism,
        goroutines,
        parameters,
        settings,
        tieBreak,
        batch: parameters.opportunisticBatching ? this.newBatch(metrics, streams('batches')) : undefined,
      }),
      pods: podView,
      binding,
      failures,
      explanation: options.explanation,
      volumes: this.volumes,
      evictions: this.evictions,
      preemption: new Preemption({
        nodes: this.columns,
        nominations: this.nominations,
        view: placed,
        extenders: asked?.extenders,
        parameters,
        parallelism,
        goroutines,
        offsets: streams('preemption'),
      }),
      metrics,
      parameters,
      goroutines,
      groups: parameters.podGroupCycle ? this.gangs : undefined,
    });
    new ClusterChanges({
      simulation,
      tables,
      parameters,
      cpu,
      nodes: this.nodes,
      pods: this.pods,
      groups: this.groups,
      columns: this.columns,
      cache: this.cache,
      queue: this.queue,
      nominations: this.nominations,
      waiting: this.waiting,
      profiles: this.profiles,
    });
    this.evSyncPoll = simulation.on(`${name}: informers synced?`, (incarnation) => this.onSyncPoll(incarnation));
  }

  private newBatch(metrics: SchedulerMetrics, ties: RandomStream): OpportunisticBatch {
    const { simulation, columns } = this;
    return new OpportunisticBatch({
      now: () => simulation.now,
      isKnown: (slot) => columns.isKnown(slot),
      draw: () => ties.next(),
      attempted: (profile, result) => metrics.of(profile).batchAttempt(result),
      flushed: (profile, reason) => metrics.of(profile).batchFlushed(reason),
    });
  }

  // ---- lifecycle ---------------------------------------------------------------------------------------------------------------

  /** Starts the process, of an instance. Preloaded: it has run for long and its informers know what was there before the run. */
  start({ preloaded, instance }: { readonly preloaded: boolean; readonly instance: number }): void {
    this.incarnation++;
    this.cpu.runAs(instance);
    if (preloaded) {
      this.groups.startPreloaded();
      for (const informer of this.informers) informer.startPreloaded();
      this.loop.start();
    } else {
      this.groups.start();
      for (const informer of this.informers) informer.start();
      this.simulation.after(this.parameters.cacheSyncPoll, this.evSyncPoll, this.incarnation);
    }
  }

  /** Ends the process: what it knew is lost, bindings on their way may still take effect. */
  stop(): void {
    this.incarnation++;
    this.loop.stop();
    this.evictions.stop();
    for (const informer of this.informers) informer.stop();
    this.groups.stop();
    this.queue.clear();
    this.gangs?.clear();
    this.nominations.clear();
    this.cache.clear();
    this.volumes.clear();
    this.devices.clear();
    this.columns.clear();
  }

  private onSyncPoll(incarnation: number): void {
    if (incarnation !== this.incarnation) return;
    if (this.groups.haveSynced && this.informers.every(({ hasSynced }) => hasSynced)) this.loop.start();
    else this.simulation.after(this.parameters.cacheSyncPoll, this.evSyncPoll, incarnation);
  }
}
