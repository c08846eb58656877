/**
 * The network plugin of the nodes (CNI): addresses for pods, and an agent on each node (plugins 1.6; Flannel, Calico, Cilium as they are installed by default).
 * https://www.cni.dev/docs/spec, https://github.com/containernetworking/plugins.
 *
 * Modelled: CNI ADD with its time, addresses by host-local under the node's lock, failure when none is left, addresses given back by DEL; the agents'
 * watches, which are what a plugin costs the API servers; Typha, which watches in place of Calico's agents.
 * Its pods are no objects. Left out: see docs/not-modelled.md (the plugins' own kinds and address blocks, bandwidth, routes as something that can be late).
 */
import { type Kind, kinds, type ObjectKey } from '../../../cluster/index.ts';
import { choice, defineParameters, type KeyedStream, sourceCode, type ValuesOf } from '../../../engine/index.ts';
import { type CounterSeries, type HistogramSeries, publishServer } from '../../../metrics/index.ts';
import { type Nanoseconds, nanoseconds } from '../../../units/index.ts';
import { type ClientGo, Reflector, type ReflectorListener } from '../../client-go/index.ts';
import { EVERYTHING } from '../../kube-apiserver/index.ts';
import type { NetworkAnswer, PodNetwork } from '../../kubelet/index.ts';
import type { NodeAgent } from '../../node-agent.ts';
import { type Addon, type AddonSurroundings, defineAddon, kubeSystemUser } from '../addon.ts';
import { AgentFleet } from '../agent-fleet.ts';
import { cniParameters } from './cni.parameters.ts';
import { addressesOf, HostLocalRange } from './host-local.ts';
import { type CniPlugin, cniPlugins } from './plugins.ts';
import { PolicyAgents } from './policy-agents.ts';

/** What spec.addons.cni says. */
export const cniSettings = defineParameters({
  plugin: choice<keyof typeof cniPlugins>({
    default: 'flannel',
    choices: Object.keys(cniPlugins) as (keyof typeof cniPlugins)[],
    help: Object.entries(cniPlugins)
      .map(([name, { help }]) => `${name}: ${help}`)
      .join('; '),
    source: sourceCode('the plugins’ own repositories: src/components/addons/cni/plugins.ts names them'),
  }),
  typha: choice<'off' | 'on'>({
    default: 'off',
    choices: ['off', 'on'],
    help: 'Whether Typha watches in place of the agents (Calico only): one for every cni.nodesPerTypha nodes, three at least.',
    source: sourceCode('https://github.com/projectcalico/calico/tree/master/typha'),
  }),
});

/** Replicas of Typha that a cluster has at least. */
const FEWEST_TYPHAS = 3;

/** The network of the pods of all nodes. */
export class Cni implements Addon, PodNetwork {
  readonly agent: NodeAgent;
  readonly podNetwork: PodNetwork = this;
  private readonly clientGo: ClientGo;
  private readonly parameters: ValuesOf<typeof cniParameters>;
  private readonly ranges = new Map<ObjectKey, HostLocalRange>();
  private readonly draws: KeyedStream;
  /** Draws of Typha's delays, and how many there were. */
  private readonly typhaDraws: KeyedStream;
  private told = 0;
  /** ADDs so far by node. */
  private readonly adds = new Map<ObjectKey, number>();
  /** The answer to the latest ADD: whoever asked reads it at once. */
  private readonly answer: { span: Nanoseconds; succeeded: boolean } = { span: nanoseconds(0), succeeded: true };
  private readonly plugin: CniPlugin;
  private readonly usesTypha: boolean;
  private readonly fleet: AgentFleet;
  /** What the agents make of NetworkPolicies; undefined = the plugin has none. */
  private readonly policies: PolicyAgents | undefined;
  /** Replicas of Typha. */
  private typhas = 0;
  private readonly addSeconds: HistogramSeries;
  private readonly failures: CounterSeries;
  /** Addresses given out on all nodes, state. */
  private inUse = 0;
  private readonly lockServer: number;

  constructor(
    { clientGo, nodePods }: AddonSurroundings,
    parameters: ValuesOf<typeof cniParameters>,
    { plugin, typha }: ValuesOf<typeof cniSettings>,
  ) {
    const { simulation, recorder, waits } = clientGo;
    this.clientGo = clientGo;
    this.parameters = parameters;
    this.draws = simulation.streams.keyed('cni.add');
    this.typhaDraws = simulation.streams.keyed('cni.typha');
    this.plugin = cniPlugins[plugin];
    this.usesTypha = typha === 'on' && this.plugin.hasTypha;
    this.policies = this.plugin.hasPolicies ? new PolicyAgents(clientGo, nodePods, parameters) : undefined;
    this.fleet = new AgentFleet({
      clientGo,
      name: `${plugin} agent`,
      qps: parameters.agentQps,
      burst: parameters.agentBurst,
      watches: this.usesTypha ? [] : this.plugin.watches,
      listenerOf: (instance, kind) => this.listenerFor(kind, instance),
      onStarted: ({ node, epoch }) => {
        if (epoch === 0) this.policies?.add(node);
      },
    });
    this.agent = this.fleet;
    this.addSeconds = recorder.histogram('plimsoll_cni_add_duration_seconds');
    this.failures = recorder.counter('plimsoll_cni_add_failures_total');
    this.lockServer = waits.server('CNI address locks', 'server');
    publishServer(recorder, simulation, 'CNI address locks', () => ({
      busyNanoseconds: this.sumOf(({ lock }) => lock.busyNanoseconds(simulation.now)),
      capacity: Math.max(1, this.ranges.size),
      queueLength: this.sumOf(({ lock }) => lock.waiting(simulation.now)),
    }));
    const addresses = recorder.gauge('plimsoll_cni_addresses_in_use');
    const fullest = recorder.gauge('plimsoll_cni_fullest_node_addresses_ratio');
    recorder.onSample(() => {
      addresses.set(this.inUse);
      fullest.set([...this.ranges.values()].reduce((most, { inUse, size }) => Math.max(most, inUse / size), 0));
    });
    simulation.addInvariantCheck('CNI', () => this.checkInvariants());
  }

  start(): void {
    if (!this.usesTypha) return;
    const nodes = this.clientGo.tables.keysOf('nodes').count;
    const replicas = Math.max(FEWEST_TYPHAS, Math.ceil(nodes / this.parameters.nodesPerTypha));
    this.typhas = replicas;
    for (let i = 0; i < replicas; i++) this.startTypha(i);
  }

  private startTypha(typha: number): void {
    const { clientGo } = this;
    const { agentQps: qps, agentBurst: burst } = this.parameters;
    const client = clientGo.newClient({ name: 'typha', ...kubeSystemUser('calico-typha'), qps, burst, onNode: true });
    for (const { kind } of this.plugin.watches) {
      const listener = this.typhaListenerFor(kind, typha);
      const reflector = new Reflector(clientGo, client, kind, EVERYTHING, clientGo.reflectorReplies, listener);
      const cache = clientGo.serverFor(client)?.cache(kind);
      reflector.startPreloaded(cache?.log.lastChange ?? 0);
    }
  }

  /** What an agent does with what it watches itself. */
  private listenerFor(kind: Kind, agent: number): ReflectorListener | undefined {
    if (kind !== kinds.networkpolicies || this.policies === undefined) return undefined;
    return {
      // What was there before an agent is programmed when its node starts.
      onListed: () => {},
      onChanged: (version, previous) => this.policies?.heard(agent, version, previous, nanoseconds(0)),
    };
  }

  /** Typha tells the agents that are connected to it: nodes are dealt to the replicas in turn. */
  private typhaListenerFor(kind: Kind, typha: number): ReflectorListener | undefined {
    if (kind !== kinds.networkpolicies) return undefined;
    return {
      onListed: () => {},
      onChanged: (version, previous) => {
        for (let agent = typha; agent < (this.policies?.count ?? 0); agent += this.typhas) {
          const delay = this.parameters.typhaDelay.keyedSample(this.typhaDraws, agent, this.told++);
          this.policies?.heard(agent, version, previous, delay);
        }
      },
    };
  }

  // ---- addresses -----------------------------------------------------------------------------------------------------------------

  adopt(node: ObjectKey, pod: ObjectKey): boolean {
    return this.reserve(this.rangeOf(node), pod);
  }

  add(node: ObjectKey, pod: ObjectKey): NetworkAnswer {
    const { lockHold, lockPerTry, addTime } = this.parameters;
    const { now } = this.clientGo.simulation;
    const range = this.rangeOf(node);
    const succeeded = this.reserve(range, pod);
    const held = nanoseconds(lockHold + range.tries * lockPerTry);
    const reserved = range.lock.reserve(now, held) - now;
    this.clientGo.waits.passed(this.lockServer, reserved - held);
    const draw = this.adds.get(node) ?? 0;
    this.adds.set(node, draw + 1);
    this.answer.span = nanoseconds(reserved + addTime.keyedSample(this.draws, node, draw));
    this.answer.succeeded = succeeded;
    if (succeeded) this.addSeconds.recordSpan(this.answer.span);
    else this.failures.add();
    return this.answer;
  }

  remove(node: ObjectKey, pod: ObjectKey): void {
    const range = this.rangeOf(node);
    const before = range.inUse;
    range.release(pod);
    this.inUse += range.inUse - before;
  }

  private reserve(range: HostLocalRange, pod: ObjectKey): boolean {
    const before = range.inUse;
    const succeeded = range.reserve(pod);
    this.inUse += range.inUse - before;
    return succeeded;
  }

  private sumOf(of: (range: HostLocalRange) => number): number {
    let sum = 0;
    for (const range of this.ranges.values()) sum += of(range);
    return sum;
  }

  private rangeOf(node: ObjectKey): HostLocalRange {
    let range = this.ranges.get(node);
    if (range === undefined) {
      range = new HostLocalRange(addressesOf(this.parameters.nodeCidrMaskSize));
      this.ranges.set(node, range);
    }
    return range;
  }

  /** No address is lost, and no node has given out more than it has. */
  private checkInvariants(): void {
    const simulation: ClientGo['simulation'] = this.clientGo.simulation;
    let given = 0;
    for (const { inUse, size } of this.ranges.values()) {
      given += inUse;
      simulation.invariant(inUse <= size, 'CNI', `a node has given out ${inUse} of ${size} addresses`);
    }
    simulation.invariant(given === this.inUse, 'CNI', `${given} addresses given out, ${this.inUse} counted`);
  }
}

/** The add-on. */
export const cni = defineAddon({
  help: 'The network plugin: each pod gets an address of its node from it, or fails to start if none is left; its agents watch from every node.',
  parameters: cniParameters,
  settings: cniSettings,
  create: (around, parameters, settings) => new Cni(around, parameters, settings),
});
