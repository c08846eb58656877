/**
 * A whole small cluster for tests: a scenario's operations are carried out one by one when the test says so, and every request and every
 * change of a pod is written down. Control plane, kubelets and proxies are the real ones, put together as a replication does.
 */
import {
  eventReasons,
  type Kind,
  kinds,
  NO_VERSION,
  type ObjectKey,
  type ObjectTables,
  type VersionHandle,
} from '../../src/cluster/index.ts';
import { type RequestId, type Verb, verbNames, writes } from '../../src/components/api-machinery/index.ts';
import type { ApiClient } from '../../src/components/client-go/index.ts';
import { ControlPlane } from '../../src/components/control-plane.ts';
import type { Change } from '../../src/components/etcd/index.ts';
import { subresourceOf } from '../../src/components/kube-apiserver/index.ts';
import type { Kubelet } from '../../src/components/kubelet/index.ts';
import { Simulation } from '../../src/engine/index.ts';
import { TemplateRegistry } from '../../src/manifests/index.ts';
import { MetricRecorder, type SeriesResult } from '../../src/metrics/index.ts';
import { Execution, preloadAll, runOperations } from '../../src/scenario/execution/index.ts';
import {
  csiDriversOf,
  materialiseParameters,
  type Operation,
  schedulersOf,
  webhooksOf,
} from '../../src/scenario/index.ts';
import { NS_PER_SECOND, seconds, simTime } from '../../src/units/index.ts';
import { load } from '../scenario/support.ts';

/** A request that was answered, with its instants [s]. */
export interface Call {
  /** When the component wanted it, when it left the machine (the last attempt), and when the answer came. */
  readonly issued: number;
  readonly sent: number;
  readonly at: number;
  /** Name and user of the client: all kubelets share a name, each has a user. */
  readonly client: string;
  readonly user: string;
  readonly verb: (typeof verbNames)[number];
  readonly resource: string;
  /** "PATCH pods/status". */
  readonly what: string;
  readonly key: number;
  /** Reason of the event that is created, "" for everything else. */
  readonly reason: string;
  readonly code: number;
}

/** A pod as one revision has it. */
export interface PodChange {
  readonly at: number;
  readonly key: number;
  readonly phase: number;
  readonly conditions: number;
  readonly node: number;
  readonly hasIp: boolean;
  readonly terminating: boolean;
  readonly gone: boolean;
}

/** How a world is made. */
export interface WorldOptions {
  /** The scenario's operations, a YAML list indented by four blanks. */
  readonly operations: string;
  /** Further lines of its spec ("parameters: { kubelet.imagesPresent: true }"). */
  readonly spec?: string;
  readonly seed?: string;
  readonly queue?: 'heap' | 'radix-ladder';
  /** Files beside the scenario. */
  readonly files?: Readonly<Record<string, string>>;
}

export class ClusterWorld {
  readonly simulation: Simulation;
  readonly recorder: MetricRecorder;
  readonly cluster: ControlPlane;
  readonly execution: Execution;
  /** A client without limits for what a test does by hand. */
  readonly user: ApiClient;
  readonly calls: Call[] = [];
  readonly podChanges: PodChange[] = [];
  /** Requests that left their machine, by client's user, with the instant [s]. */
  readonly sent: { readonly at: number; readonly client: string; readonly user: string }[] = [];
  private readonly sentAt = new Map<RequestId, number>();
  private readonly operations: readonly Operation[];
  private nextOperation = 0;
  private readonly ignore: number;
  private readonly answers: { code: number }[] = [];
  /** What {@link runUntil} waits for. */
  private awaited: (() => boolean) | undefined;

  constructor({ operations, spec = '', seed = 'cluster', queue, files = {} }: WorldOptions) {
    const lines = ['until: 48h', ...(spec === '' ? [] : spec.split('\n'))].map((line) => `  ${line}\n`).join('');
    const head = '# ?\napiVersion: plimsoll.dev/v1\nkind: Scenario\nmetadata: { name: world }\nspec:\n';
    const scenario = load(`${head}${lines}  operations:\n${operations.replace(/^\n+/, '')}\n`, {}, files);
    this.simulation = new Simulation({ seed, trace: 20, ...(queue === undefined ? {} : { queue }) });
    this.recorder = new MetricRecorder(this.simulation);
    const templates = new TemplateRegistry(scenario.templates);
    this.cluster = new ControlPlane({
      simulation: this.simulation,
      recorder: this.recorder,
      parameters: materialiseParameters(scenario.parameters),
      schedulers: schedulersOf(scenario),
      customResources: scenario.customResources,
      imageSizes: new Map(Object.entries(scenario.images)),
      webhooks: webhooksOf(scenario),
      flowControl: scenario.flowControl,
      addons: scenario.addons,
      csiDrivers: csiDriversOf(scenario.operations),
      descheduler: scenario.descheduler,
      deriveTemplate: (template, change) => templates.derived(template, change),
    });
    const { clientGo, store } = this.cluster;
    clientGo.observe({
      onSent: (request, client) => this.onSent(request, client),
      onAnswered: (request, client) => this.onAnswered(request, client),
    });
    store.observe((change) => this.onChange(change));
    this.execution = new Execution(this.cluster, templates, () => {});
    preloadAll(this.execution, scenario.operations);
    this.operations = scenario.operations.filter((operation) => !('preload' in operation && operation.preload));
    this.user = this.cluster.newLoadClient({
      name: 'test',
      user: 'test',
      groups: [],
      qps: 0,
      burst: 1,
      encoding: 'json',
    });
    this.ignore = clientGo.onReplyDo((request, number) => {
      (this.answers[number] as { code: number }).code = this.cluster.requests.code[request] as number;
    });
    this.simulation.everyEvents(1, () => this.awaited === undefined || !this.awaited());
    this.cluster.start();
  }

  // ---- time ----------------------------------------------------------------------------------------------------------------------

  /** Virtual time [s]. */
  get now(): number {
    return this.simulation.now / NS_PER_SECOND;
  }

  runFor(span: number): void {
    this.simulation.run(simTime(this.simulation.now + seconds(span)));
  }

  /** Runs until a condition holds, looking after every event; fails after `limit` seconds. Returns how long it took [s]. */
  runUntil(condition: () => boolean, limit = 600): number {
    const start = this.now;
    this.awaited = condition;
    if (!condition()) this.simulation.run(simTime(this.simulation.now + seconds(limit)));
    this.awaited = undefined;
    if (!condition()) throw new Error(`not within ${limit} s`);
    return this.now - start;
  }

  /** Runs for a span; instants [s] at which simulation events of these types came, in turn. */
  instantsOf<Name extends string>(names: readonly Name[], span: number): Record<Name, number[]> {
    const instants = Object.fromEntries(names.map((name) => [name, [] as number[]])) as Record<Name, number[]>;
    const counts = () => names.map((name) => this.simulation.eventTypeCounts.get(name) ?? 0);
    let before = counts();
    this.awaited = () => {
      const now = counts();
      for (const [i, name] of names.entries()) if (now[i] !== before[i]) instants[name].push(this.now);
      before = now;
      return false;
    };
    this.runFor(span);
    this.awaited = undefined;
    return instants;
  }

  // ---- what users do -------------------------------------------------------------------------------------------------------------

  /** Starts the next operation of the scenario; it goes on while time does. */
  perform(): void {
    const operation = this.operations[this.nextOperation++];
    if (operation === undefined) throw new Error('no operation is left');
    this.simulation.processes.spawn(
      `operation ${this.nextOperation}`,
      runOperations(this.execution, [operation], () => {}),
    );
  }

  /** Sends a request by hand; its code is in the result once it is answered (-1 until then). */
  send(request: RequestId): { readonly code: number } {
    const answer = { code: -1 };
    this.user.send(request, this.ignore, this.answers.push(answer) - 1);
    return answer;
  }

  /** DELETE by hand. */
  delete(kind: Kind, key: ObjectKey): { readonly code: number } {
    return this.send(this.user.deletion(kind, key));
  }

  /** Binds a pod by hand, as a scheduler that looks at nothing would. */
  bind(pod: ObjectKey, node: string): { readonly code: number } {
    const request = this.user.write(writes.podBinding, pod);
    this.cluster.requests.setNumber(request, 0, this.nodeKey(node));
    return this.send(request);
  }

  // ---- what tests look at --------------------------------------------------------------------------------------------------------

  /** Versions of a kind as etcd has them. */
  stored(kind: Kind): VersionHandle[] {
    const found: VersionHandle[] = [];
    this.cluster.store.forEachCurrent(kind, (_, version) => {
      found.push(version);
    });
    return found;
  }

  /** Keys of all pods. */
  podKeys(): ObjectKey[] {
    return this.stored(kinds.pods).map((pod) => this.cluster.tables.pods.key.get(pod) as ObjectKey);
  }

  get tables(): ObjectTables {
    return this.cluster.tables;
  }

  /** The version of a pod in etcd. */
  pod(key: ObjectKey): VersionHandle {
    return this.cluster.store.current(kinds.pods, key);
  }

  readyPods(): number {
    return this.cluster.census.all.ready;
  }

  nodeKey(name: string): ObjectKey {
    return this.cluster.tables.keysOf('nodes').find('', name);
  }

  kubelet(name: string): Kubelet {
    return this.cluster.kubelets.ofNode(this.nodeKey(name)) as Kubelet;
  }

  /** Calls of a sort, of all clients or of one by its name or user. */
  of(what: string, client?: string): Call[] {
    return this.calls.filter(
      (call) => call.what === what && (client === undefined || call.client === client || call.user === client),
    );
  }

  /** How often each client made each call, as "client: VERB resource/subresource code". */
  tally(calls: readonly Call[] = this.calls): Record<string, number> {
    const counts: Record<string, number> = {};
    for (const { client, what, code } of calls) {
      const name = `${client}: ${what} ${code}`;
      counts[name] = (counts[name] ?? 0) + 1;
    }
    return counts;
  }

  /** One series as it stands; undefined if nobody records it. */
  series(metric: string, labels = ''): SeriesResult | undefined {
    return this.recorder.result().series.find((series) => series.metric === metric && series.labels === labels);
  }

  /** Forgets the calls and changes so far. */
  forget(): void {
    this.calls.length = 0;
    this.podChanges.length = 0;
    this.sent.length = 0;
  }

  // ---- the record ----------------------------------------------------------------------------------------------------------------

  private onSent(request: RequestId, { options }: ApiClient): void {
    this.sentAt.set(request, this.now);
    this.sent.push({ at: this.now, client: options.name, user: options.user });
  }

  private onAnswered(request: RequestId, { options }: ApiClient): void {
    const { requests } = this.cluster;
    const verb = verbNames[requests.verb[request] as (typeof Verb)[keyof typeof Verb]] as (typeof verbNames)[number];
    const resource = this.cluster.tables.resourceName(requests.kind[request] as Kind);
    const subresource = subresourceOf(request, requests);
    const createsEvent = resource === 'events' && verb === 'POST';
    this.calls.push({
      issued: (requests.issuedAt[request] as number) / NS_PER_SECOND,
      sent: this.sentAt.get(request) ?? Number.NaN,
      at: this.now,
      client: options.name,
      user: options.user,
      verb,
      resource,
      what: `${verb} ${resource}${subresource === '' ? '' : `/${subresource}`}`,
      key: requests.key[request] as number,
      reason: createsEvent ? (eventReasons[requests.number(request, 0)] as string) : '',
      code: requests.code[request] as number,
    });
    this.sentAt.delete(request);
  }

  private onChange({ kind, key, version }: Change): void {
    if (kind !== kinds.pods) return;
    const { pods } = this.cluster.tables;
    const gone = version === NO_VERSION;
    this.podChanges.push({
      at: this.now,
      key,
      phase: gone ? -1 : pods.phase.get(version),
      conditions: gone ? 0 : pods.conditions.get(version),
      node: gone ? -1 : pods.node.get(version),
      hasIp: !gone && pods.hasIp.get(version) === 1,
      terminating: !gone && pods.isTerminating(version),
      gone,
    });
  }
}

/** A line of a spec that sets parameters ("kubelet.imagesPresent: true"); of several values for one, the last counts. */
export function parametersLine(settings: readonly string[]): string {
  const byName = new Map(settings.map((setting) => [setting.slice(0, setting.indexOf(':')), setting]));
  return `parameters: { ${[...byName.values()].join(', ')} }`;
}
