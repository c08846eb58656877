/**
 * Log agents: one on each node reads what its pods write, enriches it and sends it to a store (Fluent Bit 4; with other parameters Fluentd).
 * https://github.com/fluent/fluent-bit, https://github.com/fluent/fluentd.
 *
 * Modelled: files that the kubelet rotates, a rate of parsing, a buffer with a limit that makes reading pause or the oldest go, chunks, a store of limited
 * throughput that all share, refusals, time-outs, retries with growing pauses and their limit; what metadata costs the API servers: a GET for each pod
 * that is new on the node, or a watch of the node's pods, or nothing (from the kubelet).
 * Its pods are no objects. Amounts are bytes, looked at each flush interval. Left out: see docs/not-modelled.md.
 */
import { kinds, type ObjectKey } from '../../../cluster/index.ts';
import {
  choice,
  defineParameters,
  type EventType,
  type KeyedStream,
  sourceCode,
  type ValuesOf,
} from '../../../engine/index.ts';
import { type CounterSeries, type HistogramSeries, publishServer } from '../../../metrics/index.ts';
import { type Nanoseconds, NS_PER_SECOND, nanoseconds, type SimTime } from '../../../units/index.ts';
import type { ClientGo } from '../../client-go/index.ts';
import type { NodeAgent } from '../../node-agent.ts';
import { type Addon, type AddonSurroundings, defineAddon, type NodePods } from '../addon.ts';
import { AgentFleet, type AgentInstance } from '../agent-fleet.ts';
import { logAgentParameters } from './log-agent.parameters.ts';
import { LogPipe, type LossReason } from './log-pipe.ts';
import { LogStore } from './log-store.ts';

/** What spec.addons.logAgent says. */
export const logAgentSettings = defineParameters({
  overflow: choice<'pause' | 'drop'>({
    default: 'pause',
    choices: ['pause', 'drop'],
    help: 'What a full buffer does: pause stops reading, so that files fill; drop throws the oldest away.',
    source: sourceCode('FB:src/flb_input_chunk.c'),
  }),
  buffer: choice<'memory' | 'file'>({
    default: 'memory',
    choices: ['memory', 'file'],
    help: 'Where the buffer is: memory is lost when the node loses power, files are not.',
    source: sourceCode('FB:src/flb_storage.c'),
  }),
  metadata: choice<'api' | 'watch' | 'kubelet'>({
    default: 'api',
    choices: ['api', 'watch', 'kubelet'],
    help: 'Where names and labels of pods come from: api = a GET for each new pod (Fluent Bit), watch = a watch of the node’s pods (Fluentd), kubelet = nothing that the API server sees (Use_Kubelet).',
    source: sourceCode(
      'FB:plugins/filter_kubernetes/kube_meta.c',
      'fluent-plugin-kubernetes_metadata_filter for watch',
    ),
  }),
});

/** What a node's agent does beside its watches. */
interface Agent {
  readonly instance: AgentInstance;
  readonly pipe: LogPipe;
  /** When it looked at what was written, and when it read, last [ns], state. */
  lookedAt: number;
  readAt: number;
  /** Pods whose metadata it has, state. */
  known: Set<ObjectKey>;
  /** Failures of the chunk that is next, and when it may be sent again [ns], state. */
  failures: number;
  retryAt: number;
  /** Raised with each chunk; events carry it, state. */
  attempt: number;
}

/** All agents, and their store. */
export class LogAgents implements Addon {
  readonly agent: NodeAgent;
  private readonly clientGo: ClientGo;
  private readonly nodePods: NodePods;
  private readonly parameters: ValuesOf<typeof logAgentParameters>;
  private readonly settings: ValuesOf<typeof logAgentSettings>;
  private readonly store: LogStore;
  private readonly agents: Agent[] = [];
  private readonly draws: KeyedStream;
  private readonly evLook: EventType;
  private readonly evStored: EventType;
  private readonly evRefused: EventType;
  private readonly onMetadata: number;
  private readonly storeServer: number;
  /** What pods write beyond the parameter, by loads that go on [B/s], state. */
  private extraPerPod = 0;
  private readonly written: CounterSeries;
  private readonly readBytes: CounterSeries;
  private readonly storedBytes: CounterSeries;
  private readonly retries: CounterSeries;
  private readonly givenUp: CounterSeries;
  private readonly lost: Readonly<Record<LossReason, CounterSeries>>;
  private readonly ages: HistogramSeries;

  constructor(
    { clientGo, nodePods }: AddonSurroundings,
    parameters: ValuesOf<typeof logAgentParameters>,
    settings: ValuesOf<typeof logAgentSettings>,
  ) {
    const { simulation, recorder, waits } = clientGo;
    this.clientGo = clientGo;
    this.nodePods = nodePods;
    this.parameters = parameters;
    this.settings = settings;
    this.store = new LogStore(parameters.backendThroughput, parameters.backendQueue);
    this.draws = simulation.streams.keyed('logAgent');
    this.agent = new AgentFleet({
      clientGo,
      name: 'log agent',
      qps: parameters.clientQps,
      burst: 1,
      watches: settings.metadata === 'watch' ? [{ kind: kinds.pods, ofOwnNode: true }] : [],
      onStarted: (instance, isNew) => this.started(instance, isNew),
      onStopped: (instance) => this.stopped(instance),
    });
    this.evLook = simulation.on('log agent: flush interval', (index, epoch) => this.look(index, epoch));
    this.evStored = simulation.on('log agent: chunk stored', (index, attempt) => this.stored(index, attempt));
    this.evRefused = simulation.on('log agent: chunk not accepted', (index, attempt) => this.refused(index, attempt));
    this.onMetadata = clientGo.onReplyDo(() => {});
    this.storeServer = waits.server('log store', 'server');
    this.written = recorder.counter('plimsoll_log_bytes_written_total');
    this.readBytes = recorder.counter('fluentbit_input_bytes_total');
    this.storedBytes = recorder.counter('fluentbit_output_proc_bytes_total');
    this.retries = recorder.counter('fluentbit_output_retries_total');
    this.givenUp = recorder.counter('fluentbit_output_retries_failed_total');
    const loss = (reason: LossReason) => recorder.counter('plimsoll_log_bytes_lost_total', { reason });
    this.lost = {
      rotated: loss('rotated'),
      overflow: loss('overflow'),
      retries: loss('retries'),
      crash: loss('crash'),
    };
    this.ages = recorder.histogram('plimsoll_log_delivery_seconds');
    this.publish();
    simulation.addInvariantCheck('log agents', () => this.checkInvariants());
  }

  start(): void {}

  /** Pods write so many bytes a second more (or less again, if negative). */
  writeMore(bytesPerPod: number): void {
    this.extraPerPod += bytesPerPod;
  }

  // ---- nodes -------------------------------------------------------------------------------------------------------------------

  private started(instance: AgentInstance, isNew: boolean): void {
    const { simulation } = this.clientGo;
    let agent = this.agents[instance.index];
    if (agent === undefined) {
      const { now } = simulation;
      agent = {
        instance,
        pipe: new LogPipe(),
        lookedAt: now,
        readAt: now,
        known: new Set(),
        failures: 0,
        retryAt: 0,
        attempt: 0,
      };
      this.agents.push(agent);
    }
    agent.lookedAt = simulation.now;
    agent.readAt = simulation.now;
    agent.known = new Set(isNew ? [] : this.nodePods.podsOf(instance.node));
    const phase = this.draws.uniform(instance.index, instance.epoch);
    simulation.after(nanoseconds(this.parameters.flushInterval * phase), this.evLook, instance.index, instance.epoch);
  }

  private stopped({ index }: AgentInstance): void {
    const agent = this.agents[index] as Agent;
    agent.attempt++;
    agent.failures = 0;
    agent.retryAt = 0;
    this.lost.crash.add(agent.pipe.crash(this.settings.buffer === 'file'));
  }

  // ---- reading -----------------------------------------------------------------------------------------------------------------

  private look(index: number, epoch: number): void {
    const agent = this.agents[index] as Agent;
    if (agent.instance.epoch !== epoch) return;
    const { simulation } = this.clientGo;
    const { bytesPerPod, fileLimit, flushInterval } = this.parameters;
    const pods = this.nodePods.podCount(agent.instance.node);
    const span = (simulation.now - agent.lookedAt) / NS_PER_SECOND;
    agent.lookedAt = simulation.now;
    const bytes = Math.round(pods * (bytesPerPod + this.extraPerPod) * span);
    this.written.add(bytes);
    this.lost.rotated.add(agent.pipe.write(simulation.now, bytes, Math.max(1, pods) * fileLimit));
    this.read(agent);
    if (this.settings.metadata === 'api') this.askForNewPods(agent);
    this.send(agent);
    simulation.after(flushInterval, this.evLook, index, epoch);
  }

  /** Reads on, as far as it has had time to parse and the buffer has room. */
  private read(agent: Agent): void {
    const { now } = this.clientGo.simulation;
    const { parseRate, bufferLimit } = this.parameters;
    const most = Math.round((parseRate * (now - agent.readAt)) / NS_PER_SECOND);
    agent.readAt = now;
    const limits = { buffer: bufferLimit, dropsOldest: this.settings.overflow === 'drop' };
    const { read, dropped } = agent.pipe.read(most, limits);
    this.readBytes.add(read);
    this.lost.overflow.add(dropped);
  }

  /** The files of a new pod are found: its labels are asked for, once. */
  private askForNewPods(agent: Agent): void {
    const { client, node } = agent.instance;
    const { known } = agent;
    for (const pod of this.nodePods.podsOf(node)) {
      if (known.has(pod)) continue;
      known.add(pod);
      client.send(client.read(kinds.pods, pod), this.onMetadata);
    }
    // What has gone is forgotten once it is most of what is remembered.
    if (known.size > 2 * (this.nodePods.podCount(node) + 1)) agent.known = new Set(this.nodePods.podsOf(node));
  }

  // ---- sending -----------------------------------------------------------------------------------------------------------------

  private send(agent: Agent): void {
    const { simulation, waits } = this.clientGo;
    const { now } = simulation;
    const { pipe } = agent;
    if (pipe.sending > 0 || pipe.buffered === 0 || now < agent.retryAt) return;
    const { chunkSize, networkDelay, outputTimeout } = this.parameters;
    const bytes = pipe.take(chunkSize);
    const { index } = agent.instance;
    const attempt = ++agent.attempt;
    const delay = networkDelay.keyedSample(this.draws, index, attempt);
    const behind = this.store.behind(now);
    const stored = this.store.offer(now, bytes);
    if (stored >= 0) waits.passed(this.storeServer, behind);
    const isLate = stored - now > outputTimeout;
    const answer = stored < 0 ? now : isLate ? now + outputTimeout : stored;
    simulation.at((answer + delay) as SimTime, stored < 0 || isLate ? this.evRefused : this.evStored, index, attempt);
  }

  private stored(index: number, attempt: number): void {
    const agent = this.agents[index] as Agent;
    if (agent.attempt !== attempt) return;
    const { pipe } = agent;
    this.storedBytes.add(pipe.sending);
    this.ages.recordSpan((this.clientGo.simulation.now - pipe.complete()) as Nanoseconds);
    agent.failures = 0;
    // Reading that had paused goes on. A full chunk goes at once; less waits for the next flush.
    this.read(agent);
    const { chunkSize, bufferLimit } = this.parameters;
    if (pipe.buffered >= Math.min(chunkSize, bufferLimit)) this.send(agent);
  }

  private refused(index: number, attempt: number): void {
    const agent = this.agents[index] as Agent;
    if (agent.attempt !== attempt) return;
    const { retryBase, retryCap, retryLimit } = this.parameters;
    agent.failures++;
    if (agent.failures > retryLimit) {
      agent.failures = 0;
      this.givenUp.add();
      this.lost.retries.add(agent.pipe.sending);
      agent.pipe.complete();
      return;
    }
    this.retries.add();
    agent.pipe.keep();
    const longest = Math.min(retryBase * 2 ** agent.failures, retryCap);
    const share = this.draws.uniform(index, -attempt);
    agent.retryAt = this.clientGo.simulation.now + retryBase + Math.max(0, longest - retryBase) * share;
  }

  // ---- what is told of them ----------------------------------------------------------------------------------------------------

  private publish(): void {
    const { recorder, simulation } = this.clientGo;
    publishServer(recorder, simulation, 'log store', () => ({
      busyNanoseconds: this.store.busyNanoseconds(simulation.now),
      capacity: 1,
      queueLength: this.store.waiting(simulation.now),
    }));
    const unread = recorder.gauge('plimsoll_log_unread_bytes');
    const buffered = recorder.gauge('plimsoll_log_buffered_bytes');
    recorder.onSample(() => {
      unread.set(this.agents.reduce((sum, { pipe }) => sum + pipe.unread, 0));
      buffered.set(this.agents.reduce((sum, { pipe }) => sum + pipe.buffered, 0));
    });
  }

  /** No byte is lost without being counted. */
  private checkInvariants(): void {
    const simulation: ClientGo['simulation'] = this.clientGo.simulation;
    for (const { pipe, instance } of this.agents)
      simulation.invariant(pipe.isBalanced, 'log agents', `bytes of the agent ${instance.index} are missing`);
  }
}

/** The add-on. */
export const logAgent = defineAddon({
  help: 'Log agents as Fluent Bit or Fluentd: one on each node reads what pods write, buffers it and sends it to a store that all share.',
  parameters: logAgentParameters,
  settings: logAgentSettings,
  create: (around, parameters, settings) => new LogAgents(around, parameters, settings),
});
