/**
 * Connections to Services: each is led by the rules that the kernel of its node has at that instant, which may be behind what is true.
 *
 * Modelled: the endpoints that the node's rules show, by traffic policies and hints; the choice among them as the mode makes it; the time of the
 * lookup at a position of the rules, which are in no order; the table of connections at both ends; endpoints that are gone (stale), none, a table
 * that is full, and ports of the userspace mode that are used up; that mode's own time and its attempts at further endpoints.
 * Left out here: see docs/not-modelled.md (bytes, time on the network and in the server, clients that try again, connections that live on).
 */
import {
  kinds,
  NO_VERSION,
  type ObjectKey,
  type ObjectTables,
  PodPhase,
  type PodTemplate,
  type ServiceSpecification,
  type SliceEndpoint,
} from '../../cluster/index.ts';
import type { RandomStream, Simulation, ValuesOf } from '../../engine/index.ts';
import type { CounterSeries, HistogramSeries, MetricRecorder } from '../../metrics/index.ts';
import { type Nanoseconds, nanoseconds } from '../../units/index.ts';
import type { EtcdCluster } from '../etcd/index.ts';
import { categorize, type KubeProxyFleet, type ModeParameters, type ProxyModeName } from '../kube-proxy/index.ts';
import { Connections } from './connections.ts';
import { type Caller, EndpointChooser } from './endpoint-choice.ts';
import type { serviceTrafficParameters } from './service-traffic.parameters.ts';

/** What became of a connection. */
const connectionErrors = ['stale', 'no endpoint', 'conntrack full', 'ports used up'] as const;

/** Why a connection failed. */
type ConnectionError = (typeof connectionErrors)[number];

/** What traffic has to know of the machines. */
export interface TrafficMachines {
  /** Whether a machine has power; undefined = there is no such machine. */
  isUp(node: ObjectKey): boolean | undefined;
  /** Cores of a machine. */
  coresOf(node: ObjectKey): number;
}

/** Attempts that the userspace mode makes after the first one, by how many times the first pause each waits. */
const FURTHER_PAUSES = [4, 8] as const;
/** Positions whose endpoints are remembered. */
const REMEMBERED = 4096;

/** What connections are made of. */
export interface ServiceTrafficOptions {
  readonly simulation: Simulation;
  readonly tables: ObjectTables;
  readonly store: EtcdCluster;
  readonly recorder: MetricRecorder;
  readonly proxies: KubeProxyFleet;
  readonly mode: ProxyModeName;
  readonly modeParameters: ModeParameters;
  readonly parameters: ValuesOf<typeof serviceTrafficParameters>;
  readonly machines: TrafficMachines;
}

/** All connections to Services. */
export class ServiceTraffic {
  private readonly options: ServiceTrafficOptions;
  private readonly random: RandomStream;
  private readonly chooser: EndpointChooser;
  private readonly connections: Connections;
  private readonly setup: HistogramSeries;
  private readonly made: CounterSeries;
  private readonly failed: Readonly<Record<ConnectionError, CounterSeries>>;
  /** Until when the process of the userspace mode is busy on each node [ns], state. */
  private readonly busyUntil: number[] = [];
  /** Endpoints by position in the history, for services that all nodes see alike. */
  private readonly remembered = new Map<number, readonly SliceEndpoint[]>();

  constructor(options: ServiceTrafficOptions) {
    const { simulation, recorder, proxies, parameters } = options;
    this.options = options;
    this.random = simulation.streams.stream('serviceTraffic.choices');
    this.chooser = new EndpointChooser(proxies.mode.choice, this.random);
    this.connections = new Connections(simulation);
    this.setup = recorder.histogram('plimsoll_service_connection_setup_seconds');
    this.made = recorder.counter('plimsoll_service_connections_total');
    this.failed = Object.fromEntries(
      connectionErrors.map((cause) => [cause, recorder.counter('plimsoll_service_connection_errors_total', { cause })]),
    ) as Record<ConnectionError, CounterSeries>;
    const entries = recorder.gauge('node_nf_conntrack_entries');
    const memory = recorder.gauge('plimsoll_conntrack_memory_bytes');
    recorder.onSample(() => {
      entries.set(this.connections.mostEntries);
      memory.set(this.connections.mostEntries * parameters.conntrackEntryBytes);
    });
  }

  /** From now on the endpoints that nodes see are kept; before anything is preloaded. */
  watchEndpoints(): void {
    this.options.proxies.history.keepEndpoints();
  }

  /** A client on a node connects to a Service, and keeps the connection for a while. Nothing happens on a machine that is down. */
  connect(node: ObjectKey, service: ObjectKey, duration: Nanoseconds): void {
    const { proxies, machines, parameters, simulation } = this.options;
    const position = proxies.programmed(node);
    if (position === undefined || machines.isUp(node) !== true) return;
    this.made.add();
    const caller = { node, service, client: Math.floor(this.random.next() * parameters.clientsPerNode) };
    const known = proxies.history.serviceAt(service, position);
    const endpoints = known === null ? [] : this.endpointsOf(node, known);
    if (known === null || endpoints.length === 0) {
      this.fail('no endpoint');
      return;
    }
    if (this.connections.entriesOf(node) >= this.capacityOf(node)) {
      this.fail('conntrack full');
      return;
    }
    const chosen = this.chooser.choose(caller, known.specification, endpoints, simulation.now);
    const span = this.lookup(position, chosen);
    if (this.options.mode === 'userspace') this.connectByProcess(caller, endpoints, chosen, span, duration);
    else this.connectTo(node, endpoints[chosen] as SliceEndpoint, span, duration);
  }

  /** The kernel leads the connection to the endpoint, whatever has become of it. */
  private connectTo(node: ObjectKey, endpoint: SliceEndpoint, span: number, duration: Nanoseconds): void {
    const { conntrackClose, conntrackTimeWait } = this.options.parameters;
    if (this.answerOf(endpoint) !== 'accepted') {
      this.connections.open(node, -1, conntrackClose);
      this.fail('stale');
      return;
    }
    this.connections.open(node, endpoint.node, nanoseconds(duration + conntrackTimeWait));
    this.setup.recordSpan(span as Nanoseconds);
  }

  /** The process of the userspace mode accepts the connection, and dials one endpoint after the other (TryConnectEndpoints). */
  private connectByProcess(
    caller: Caller,
    endpoints: readonly SliceEndpoint[],
    first: number,
    lookup: number,
    duration: Nanoseconds,
  ): void {
    const { parameters, simulation } = this.options;
    const { userspaceCpu, userspaceDialTimeout, ephemeralPorts, conntrackTimeWait } = parameters;
    const node = caller.node as ObjectKey;
    const begins = Math.max(simulation.now, this.busyUntil[node] ?? 0);
    this.busyUntil[node] = begins + userspaceCpu;
    let span = lookup + begins - simulation.now + userspaceCpu;
    let chosen = first;
    let hasPorts = true;
    for (const pause of [1, ...FURTHER_PAUSES]) {
      const endpoint = endpoints[chosen] as SliceEndpoint;
      hasPorts = this.connections.portsOf(node, endpoint.pod) < ephemeralPorts;
      const answer = this.answerOf(endpoint);
      if (hasPorts && answer === 'accepted') {
        this.connections.open(node, endpoint.node, nanoseconds(duration + conntrackTimeWait), endpoint.pod);
        this.setup.recordSpan(span as Nanoseconds);
        return;
      }
      // A refusal comes at once; where nobody is left to refuse, the process waits.
      if (answer === 'none') span += pause * userspaceDialTimeout;
      chosen = this.chooser.next(caller, endpoints.length);
    }
    this.fail(hasPorts ? 'stale' : 'ports used up');
  }

  private fail(cause: ConnectionError): void {
    this.failed[cause].add();
  }

  /** Endpoints that the rules of a node have for traffic from its own pods. */
  private endpointsOf(
    node: ObjectKey,
    known: {
      readonly specification: ServiceSpecification;
      readonly slices: readonly (readonly SliceEndpoint[])[];
      readonly at: number;
    },
  ): readonly SliceEndpoint[] {
    const { specification, slices, at } = known;
    const isLocal = specification.internalTrafficPolicy === 'Local';
    const isAlike = !isLocal && specification.trafficDistribution === undefined;
    const before = isAlike ? this.remembered.get(at) : undefined;
    if (before !== undefined) return before;
    const { cluster, local } = categorize(slices.flat(), node, this.options.proxies.zoneOfNode(node));
    if (!isAlike) return isLocal ? local : cluster;
    if (this.remembered.size >= REMEMBERED) this.remembered.clear();
    this.remembered.set(at, cluster);
    return cluster;
  }

  /** Time in the rules: services come in no order, so that one is anywhere among them. */
  private lookup(position: number, chosen: number): number {
    const { proxies, modeParameters } = this.options;
    const place = Math.floor(this.random.next() * proxies.history.portsAt(position));
    return proxies.mode.lookup(place, chosen, modeParameters);
  }

  private capacityOf(node: ObjectKey): number {
    const { machines, parameters } = this.options;
    return Math.max(parameters.conntrackMin, parameters.conntrackMaxPerCore * machines.coresOf(node));
  }

  /** What comes back from an endpoint: its pod accepts if it runs, on a machine that is up, and was not asked to end too long ago. */
  private answerOf({ pod, node }: SliceEndpoint): 'accepted' | 'refused' | 'none' {
    const { store, tables, machines, parameters, simulation } = this.options;
    // Addresses of no pod are somebody else's, and are there.
    if (node < 0) return 'accepted';
    const version = store.current(kinds.pods, pod);
    if (version === NO_VERSION || machines.isUp(node) !== true) return 'none';
    const { pods } = tables;
    if (pods.phase.get(version) !== PodPhase.Running) return 'refused';
    if (!pods.isTerminating(version)) return 'accepted';
    const listens = waitBeforeEnd(pods.template.get(version)) + parameters.listenAfterTermination;
    const isListening = simulation.now - pods.deletedAt.get(version) < listens;
    return isListening ? 'accepted' : 'refused';
  }
}

/** How long hooks keep a pod from being told to end: the longest sleep [ns]. */
function waitBeforeEnd(template: PodTemplate | null): number {
  const sleeps = (template?.containers ?? []).map(({ preStop }) =>
    preStop !== undefined && 'sleep' in preStop ? (preStop.sleep ?? 0) : 0,
  );
  return Math.max(0, ...sleeps);
}
