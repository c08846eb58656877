/**
 * The part of the agents on nodes that turns NetworkPolicies into rules of the kernel (Felix of Calico; Cilium's agent).
 * https://github.com/projectcalico/calico/tree/master/felix.
 *
 * Modelled: an agent hears of a policy by its watch or from Typha, finds the pods of its node that it is about, and programs rules for each; what comes
 * while it works, and for a moment before, is programmed together. A node without such pods has nothing to do.
 * Left out: what the rules let through; pods that come and go, whose rules and addresses in sets are part of their CNI ADD here; deletions are programmed
 * but not timed; policies of the plugins' own kinds.
 */
import {
  type NetworkPolicySpecification,
  NO_VERSION,
  type ObjectKey,
  selectorMatches,
  type VersionHandle,
} from '../../../cluster/index.ts';
import { type EventType, Occupancy, type ValuesOf } from '../../../engine/index.ts';
import { type CounterSeries, type HistogramSeries, publishServer } from '../../../metrics/index.ts';
import { type Nanoseconds, nanoseconds } from '../../../units/index.ts';
import type { ClientGo } from '../../client-go/index.ts';
import type { NodePods } from '../addon.ts';
import type { cniParameters } from './cni.parameters.ts';

/** The programming of one node. */
interface NodeRules {
  readonly node: ObjectKey;
  /** Rules that wait to be programmed, state. */
  rules: number;
  /** When the policies were made whose rules wait, and those of the programming under way [ns], state. */
  waiting: number[];
  underWay: number[];
  /** Whether a programming is planned or under way, state. */
  isBusy: boolean;
}

/** The agents of all nodes. */
export class PolicyAgents {
  private readonly clientGo: ClientGo;
  private readonly nodePods: NodePods;
  private readonly parameters: ValuesOf<typeof cniParameters>;
  private readonly agents: NodeRules[] = [];
  private readonly evProgram: EventType;
  private readonly evProgrammed: EventType;
  /** Agents at work, and programmings that are planned, state. */
  private readonly occupied: Occupancy;
  private planned = 0;
  private readonly seconds: HistogramSeries;
  private readonly rulesProgrammed: CounterSeries;

  constructor(clientGo: ClientGo, nodePods: NodePods, parameters: ValuesOf<typeof cniParameters>) {
    const { simulation, recorder } = clientGo;
    this.clientGo = clientGo;
    this.nodePods = nodePods;
    this.parameters = parameters;
    this.evProgram = simulation.on('network policies: programming begins', (index) => this.program(index));
    this.evProgrammed = simulation.on('network policies: programming ends', (index) => this.programmed(index));
    this.occupied = new Occupancy(simulation);
    this.seconds = recorder.histogram('plimsoll_network_policy_programming_duration_seconds');
    this.rulesProgrammed = recorder.counter('plimsoll_network_policy_rules_programmed_total');
    publishServer(recorder, simulation, 'network policy agents', () => ({
      busyNanoseconds: this.occupied.busyNanoseconds(),
      capacity: Math.max(1, this.agents.length),
      queueLength: this.planned,
    }));
  }

  /** The agent of a node; they are numbered in the order in which they come. */
  add(node: ObjectKey): void {
    this.agents.push({ node, rules: 0, waiting: [], underWay: [], isBusy: false });
  }

  /** Nodes that have an agent. */
  get count(): number {
    return this.agents.length;
  }

  /** An agent hears, after `delay`, that a policy has come, or (NO_VERSION for `version`) that it has gone. */
  heard(index: number, version: VersionHandle, previous: VersionHandle, delay: Nanoseconds): void {
    const { networkpolicies } = this.clientGo.tables;
    const agent = this.agents[index] as NodeRules;
    const policy = version === NO_VERSION ? previous : version;
    const specification = networkpolicies.specification.get(policy) as NetworkPolicySpecification;
    const pods = this.coveredPods(agent, policy, specification);
    if (pods === 0) return;
    agent.rules += pods * rulesOf(specification);
    if (version !== NO_VERSION) agent.waiting.push(networkpolicies.createdAt.get(version));
    if (agent.isBusy) return;
    agent.isBusy = true;
    this.planned++;
    this.clientGo.simulation.after(nanoseconds(delay + this.parameters.policyBatch), this.evProgram, index);
  }

  /** Pods of the agent's node that a policy is about. */
  private coveredPods(agent: NodeRules, policy: VersionHandle, { podSelector }: NetworkPolicySpecification): number {
    const { tables } = this.clientGo;
    const namespace = tables.keysOf('networkpolicies').namespace(tables.networkpolicies.key.get(policy) as ObjectKey);
    const pods = tables.keysOf('pods');
    let covered = 0;
    for (const [pod, { labels }] of this.nodePods.templatesOf(agent.node))
      if (pods.namespace(pod) === namespace && selectorMatches(podSelector, labels)) covered++;
    return covered;
  }

  private program(index: number): void {
    this.planned--;
    const agent = this.agents[index] as NodeRules;
    agent.underWay = agent.waiting;
    agent.waiting = [];
    const { policyProgramBase, policyProgramPerRule } = this.parameters;
    const span = nanoseconds(policyProgramBase + policyProgramPerRule * agent.rules);
    this.rulesProgrammed.add(agent.rules);
    agent.rules = 0;
    this.occupied.change(1);
    this.clientGo.simulation.after(span, this.evProgrammed, index);
  }

  private programmed(index: number): void {
    const { simulation } = this.clientGo;
    const agent = this.agents[index] as NodeRules;
    this.occupied.change(-1);
    for (const made of agent.underWay) this.seconds.recordSpan((simulation.now - made) as Nanoseconds);
    agent.underWay = [];
    agent.isBusy = agent.rules > 0;
    if (!agent.isBusy) return;
    this.planned++;
    simulation.after(nanoseconds(0), this.evProgram, index);
  }
}

/** Rules for each pod: one that lets nothing else pass for each side, and one for each peer (or each range of addresses) and port. */
export function rulesOf({ ingress, egress }: NetworkPolicySpecification): number {
  let rules = 0;
  for (const side of [ingress, egress]) {
    if (side === undefined) continue;
    rules++;
    for (const { peers, ports } of side) {
      const matches = peers.reduce((sum, { ranges }) => sum + (ranges ?? 1), 0);
      rules += Math.max(1, matches) * Math.max(1, ports);
    }
  }
  return rules;
}
