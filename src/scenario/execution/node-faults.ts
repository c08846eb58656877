/** Faults that strike nodes and what runs on them: which nodes, when, and what happens to each. */
import { LABEL_ZONE } from '../../cluster/index.ts';
import type { ClientPath } from '../../components/client-go/index.ts';
import type { Kubelet } from '../../components/kubelet/index.ts';
import { createDistribution, type Process } from '../../engine/index.ts';
import {
  addedDelay,
  type Fault,
  type NetworkDegradation,
  type NetworkPartition,
  type NodeChoice,
} from '../faults/index.ts';
import type { Execution } from './execution.ts';

/** Faults that strike nodes. */
type NodeFault = Extract<Fault, { readonly nodes: NodeChoice }>;

/** Whether a fault strikes nodes. */
export function isNodeFault(fault: Fault): fault is NodeFault {
  return 'nodes' in fault;
}

/** Carries a fault of nodes out: at once, or for each node at a moment of its own. */
export function injectNodeFault(execution: Execution, fault: NodeFault): void {
  const chosen = chooseNodes(execution, fault);
  if (fault.fault === 'networkPartition' || fault.fault === 'networkDegradation') {
    const keys = chosen.map(({ nodeKey }) => nodeKey);
    execution.cluster.machines.spoilNetwork(keys, pathOf(fault), fault.duration ?? undefined);
    return;
  }
  const over = 'over' in fault ? fault.over : 0;
  if (over === 0) {
    for (const kubelet of chosen) strike(execution, fault, kubelet);
    return;
  }
  const moments = chosen
    .map((kubelet) => ({ kubelet, at: Math.floor(execution.choices.next() * over) }))
    .sort((a, b) => a.at - b.at);
  execution.spawn(fault.fault, strikeInTurn(execution, fault, moments));
}

function* strikeInTurn(
  execution: Execution,
  fault: Exclude<NodeFault, NetworkPartition | NetworkDegradation>,
  moments: readonly { readonly kubelet: Kubelet; readonly at: number }[],
): Process {
  let passed = 0;
  for (const { kubelet, at } of moments) {
    if (at > passed) yield at - passed;
    passed = at;
    strike(execution, fault, kubelet);
  }
}

function strike(
  execution: Execution,
  fault: Exclude<NodeFault, NetworkPartition | NetworkDegradation>,
  kubelet: Kubelet,
): void {
  const { cluster } = execution;
  switch (fault.fault) {
    case 'nodeCrash':
      cluster.machines.crash(kubelet.nodeKey, fault.duration ?? undefined);
      break;
    case 'kubeletCrash':
      cluster.kubelets.crashProcess(kubelet, fault.crashes - 1, fault.lifetime);
      break;
    case 'kubeletRestart':
      cluster.kubelets.restartProcess(kubelet);
      break;
    case 'containerRuntimeOutage':
      cluster.kubelets.failRuntime(kubelet, fault.mode, fault.duration);
      break;
    case 'kubeProxyRestart':
      cluster.machines.restartProxy(kubelet.nodeKey, fault.duration);
      break;
    case 'staticPodChange':
      if (!cluster.kubelets.staticPods.changeManifest(kubelet, fault.pod))
        execution.notes.push(`${kubelet.nodeName} has no static pod of ${fault.pod}: nothing was changed`);
      break;
    case 'nodeClockStop':
      cluster.machines.spoilClock(kubelet.nodeKey, undefined, fault.duration ?? undefined);
      break;
    case 'nodeClockSkew':
      cluster.machines.spoilClock(kubelet.nodeKey, fault.ahead - fault.behind, fault.duration ?? undefined);
      break;
  }
}

/** The way between nodes and API servers that a fault leaves. */
function pathOf(fault: NetworkPartition | NetworkDegradation): ClientPath {
  if (fault.fault === 'networkPartition') {
    const { direction } = fault;
    return { isCutUp: direction !== 'toNodes', isCutDown: direction !== 'fromNodes', loss: 0, delay: undefined };
  }
  const added = addedDelay(fault);
  const delay = added === undefined ? undefined : createDistribution(added);
  return { isCutUp: false, isCutDown: false, loss: fault.loss, delay };
}

/** The nodes of a fault: named ones, those of zones, or as many as asked for, drawn at random from those that have power. */
function chooseNodes(execution: Execution, { fault, nodes }: NodeFault): Kubelet[] {
  const running = execution.cluster.nodes.filter((kubelet) => kubelet.isUp);
  if (nodes.choose === 'names') {
    const wanted = new Set(nodes.names);
    const found = running.filter((kubelet) => wanted.has(kubelet.nodeName));
    if (found.length < wanted.size) {
      execution.notes.push(`${wanted.size - found.length} of the nodes named in a ${fault} do not exist or are down`);
    }
    return found;
  }
  if (nodes.choose === 'zones') {
    const inZones = running.filter(({ specification }) => nodes.zones.includes(specification.labels[LABEL_ZONE] ?? ''));
    if (inZones.length === 0)
      execution.notes.push(`no node of zone ${nodes.zones.join(' or ')} runs: ${fault} strikes none`);
    return draw(execution, inZones, Math.round(nodes.share * inZones.length));
  }
  return draw(execution, running, nodes.choose === 'count' ? nodes.count : Math.round(nodes.share * running.length));
}

function draw(execution: Execution, from: Kubelet[], count: number): Kubelet[] {
  if (count >= from.length) return from;
  const chosen: Kubelet[] = [];
  while (chosen.length < count) {
    const index = Math.floor(execution.choices.next() * from.length);
    chosen.push(...from.splice(index, 1));
  }
  return chosen;
}
