/**
 * What a kubelet watches: the pods of its node, the node itself, all services; and what it does about pods that it sees. K:pkg/kubelet/config/apiserver.go.
 * Secrets and ConfigMaps have watches of their own (settings-manager.ts).
 */
import {
  kinds,
  NO_VERSION,
  type ObjectKey,
  PodCondition,
  type PodTemplate,
  type VersionHandle,
} from '../../cluster/index.ts';
import { type ClientGo, Reflector, type ReflectorListener } from '../client-go/index.ts';
import { EVERYTHING } from '../kube-apiserver/index.ts';
import type { Kubelet } from './kubelet.ts';
import type { NodeStatusReports } from './node-status.ts';
import type { PodTable } from './pod-table.ts';
import type { PodWorkers } from './pod-workers.ts';
import type { StaticPods } from './static-pods.ts';
import type { StatusManager } from './status-manager.ts';

/** The watches of all kubelets. */
export class KubeletWatches {
  private readonly clientGo: ClientGo;
  private readonly table: PodTable;
  private readonly workers: PodWorkers;
  private readonly statuses: StatusManager;
  private readonly staticPods: StaticPods;
  private readonly nodeStatuses: NodeStatusReports;

  constructor(
    clientGo: ClientGo,
    table: PodTable,
    workers: PodWorkers,
    statuses: StatusManager,
    staticPods: StaticPods,
    nodeStatuses: NodeStatusReports,
  ) {
    this.clientGo = clientGo;
    this.table = table;
    this.workers = workers;
    this.statuses = statuses;
    this.staticPods = staticPods;
    this.nodeStatuses = nodeStatuses;
  }

  /** Makes the watches of a process; whoever calls starts them. */
  open(kubelet: Kubelet): void {
    const { clientGo } = this;
    const replies = clientGo.reflectorReplies;
    const listener: ReflectorListener = {
      onListed: (versions) => this.onListed(kubelet, versions),
      onChanged: (version, previous) => this.onChanged(kubelet, version, previous),
      concerns: (version, previous) => this.concerns(kubelet, version, previous),
    };
    kubelet.reflectors.push(
      new Reflector(clientGo, kubelet.client, kinds.pods, kubelet.nodeKey, replies, listener),
      new Reflector(clientGo, kubelet.client, kinds.nodes, kubelet.nodeKey, replies, this.ownNode(kubelet)),
      new Reflector(clientGo, kubelet.client, kinds.services, EVERYTHING, replies),
    );
  }

  /** A slot for a pod that a kubelet has seen. */
  allocate(kubelet: Kubelet, pod: VersionHandle): number {
    const { pods } = this.clientGo.tables;
    const key = pods.key.get(pod) as ObjectKey;
    const slot = this.table.allocate(key, pods.uid.get(pod), kubelet.index, pods.template.get(pod) as PodTemplate);
    this.table.createdAt[slot] = pods.createdAt.get(pod);
    kubelet.pods.set(key, slot);
    return slot;
  }

  /** Others may have written into the status of its node: it is put right by the next report. */
  private ownNode(kubelet: Kubelet): ReflectorListener {
    const differs = (version: VersionHandle) => version !== NO_VERSION && this.nodeStatuses.differs(kubelet, version);
    const look = (version: VersionHandle) => {
      if (differs(version)) this.nodeStatuses.contradicted(kubelet);
    };
    return { onListed: (versions) => versions.forEach(look), onChanged: look, concerns: differs };
  }

  private onListed(kubelet: Kubelet, versions: readonly VersionHandle[]): void {
    const { pods } = this.clientGo.tables;
    const listed = new Set<ObjectKey>();
    for (const version of versions) {
      listed.add(pods.key.get(version) as ObjectKey);
      this.onChanged(kubelet, version, NO_VERSION);
    }
    for (const [key, slot] of kubelet.pods) if (!listed.has(key)) this.goneFromApi(slot);
    kubelet.orphans.clear();
  }

  private onChanged(kubelet: Kubelet, version: VersionHandle, previous: VersionHandle): void {
    const { pods } = this.clientGo.tables;
    const key = pods.key.get(version === NO_VERSION ? previous : version) as ObjectKey;
    let slot = kubelet.pods.get(key);
    if (version === NO_VERSION) {
      if (slot !== undefined) this.goneFromApi(slot);
      return;
    }
    if (slot !== undefined && this.table.isStatic[slot] === 1) {
      this.staticPods.mirrorChanged(slot, version);
      return;
    }
    // A list after a gap may show another pod of that name.
    if (slot !== undefined && this.table.uid[slot] !== pods.uid.get(version)) {
      this.workers.forget(slot);
      slot = undefined;
    }
    if (slot !== undefined) {
      if (kubelet.orphans.delete(slot)) this.workers.readopt(slot);
      if (pods.isTerminating(version)) this.workers.stop(slot);
      else if (this.contradicts(slot, version)) this.statuses.reconcile(slot);
      return;
    }
    // Pods that ended before this kubelet started are not started again.
    if (pods.isTerminal(version) && !pods.isTerminating(version)) return;
    const added = this.allocate(kubelet, version);
    if (pods.isTerminating(version)) this.workers.beginTerminating(added);
    else this.workers.begin(added, (pods.conditions.get(version) & PodCondition.Reported) !== 0);
  }

  private goneFromApi(slot: number): void {
    if (this.table.isStatic[slot] === 1) this.staticPods.mirrorChanged(slot, NO_VERSION);
    else this.workers.forget(slot);
  }

  /** A kubelet reacts to pods that come, go or are to be stopped, or that others call not ready; its own status writes tell it nothing new. */
  private concerns(kubelet: Kubelet, version: VersionHandle, previous: VersionHandle): boolean {
    const { pods } = this.clientGo.tables;
    if (version === NO_VERSION || previous === NO_VERSION || pods.node.get(previous) < 0) return true;
    if (pods.isTerminating(version)) return !pods.isTerminating(previous);
    if (!pods.isReady(previous) || pods.isReady(version)) return false;
    const slot = kubelet.pods.get(pods.key.get(version) as ObjectKey);
    return slot !== undefined && this.contradicts(slot, version);
  }

  /** Whether a pod is ready and the API says that it is not: the node controller does so where it misses the node. */
  private contradicts(slot: number, version: VersionHandle): boolean {
    const isReady = ((this.table.conditions[slot] as number) & PodCondition.Ready) !== 0;
    return isReady && !this.clientGo.tables.pods.isReady(version) && this.table.dirty[slot] === 0;
  }
}
