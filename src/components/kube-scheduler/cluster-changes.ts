/**
 * What a scheduler's informers show it of nodes and pods: it brings the columns, the cache of placed pods and the queue up to date, and tells the queue of
 * what may help those that wait. K:pkg/scheduler/eventhandlers.go.
 */
import type { ObjectKey, ObjectTables, PodTemplate, VersionHandle } from '../../cluster/index.ts';
import type { Simulation, ValuesOf } from '../../engine/index.ts';
import type { SharedInformer } from '../client-go/index.ts';
import type { ProcessCpu } from '../host/process-cpu.ts';
import type { kubeSchedulerParameters } from './kube-scheduler.parameters.ts';
import type { NodeColumns } from './node-columns.ts';
import type { Nominations } from './nominations.ts';
import { pluginNames } from './plugins/index.ts';
import type { PodGroups } from './pod-groups.ts';
import type { Profile } from './profile.ts';
import { QueuedPod } from './queued-pod.ts';
import type { SchedulerCache } from './scheduler-cache.ts';
import type { SchedulingQueue } from './scheduling-queue.ts';
import type { WaitingPods } from './waiting-pods.ts';

/** Number of the plugin in whose name waiting pods are turned away. */
const PREEMPTION = pluginNames.indexOf('DefaultPreemption');

/** What is brought up to date, and by what. */
export interface ClusterChangesOptions {
  readonly simulation: Simulation;
  readonly tables: ObjectTables;
  readonly parameters: ValuesOf<typeof kubeSchedulerParameters>;
  readonly cpu: ProcessCpu;
  readonly nodes: SharedInformer;
  readonly pods: SharedInformer;
  readonly groups: PodGroups;
  readonly columns: NodeColumns;
  readonly cache: SchedulerCache;
  readonly queue: SchedulingQueue;
  readonly nominations: Nominations;
  readonly waiting: WaitingPods;
  readonly profiles: ReadonlyMap<string, Profile>;
}

/** The handlers of one scheduler. */
export class ClusterChanges {
  private readonly options: ClusterChangesOptions;

  constructor(options: ClusterChangesOptions) {
    const { nodes, pods, cpu, parameters } = options;
    this.options = options;
    for (const informer of [nodes, pods]) {
      const takeIn = () => {
        if (informer.hasSynced) cpu.charge(parameters.informerEventCpu);
      };
      informer.addHandler({ onAdd: takeIn, onUpdate: takeIn, onDelete: takeIn });
    }
    nodes.addHandler({
      onAdd: (version) => this.nodeSeen(version),
      onUpdate: (version) => this.nodeSeen(version),
      onDelete: (previous) => this.nodeGone(previous),
    });
    pods.addHandler({
      onAdd: (version) => this.podAdded(version),
      onUpdate: (version, previous) => this.podUpdated(version, previous),
      onDelete: (previous) => this.podDeleted(previous),
    });
  }

  private nodeSeen(version: VersionHandle): void {
    const { nodes } = this.options.tables;
    const slot = nodes.key.get(version);
    const { columns, queue } = this.options;
    const wasKnown = columns.isKnown(slot);
    // Facts are only gathered where somebody listens: most changes of nodes are heartbeats while nothing waits.
    const before = queue.listens && wasKnown ? columns.facts(slot) : undefined;
    const change = columns.setNode(nodes, version);
    if (change !== 0 && queue.listens) queue.onEvent({ kind: 'node', node: columns.facts(slot), before });
  }

  private nodeGone(previous: VersionHandle): void {
    const slot = this.options.tables.nodes.key.get(previous);
    const { columns, queue } = this.options;
    const node = queue.listens ? columns.facts(slot) : undefined;
    columns.removeNode(slot);
    if (node !== undefined) queue.onEvent({ kind: 'nodeDeletion', node });
  }

  private podAdded(version: VersionHandle): void {
    if (this.isPlaced(version)) this.placed(version);
    else this.wanted(version);
  }

  private podUpdated(version: VersionHandle, previous: VersionHandle): void {
    const { pods } = this.options.tables;
    if (pods.uid.get(version) !== pods.uid.get(previous)) {
      this.podDeleted(previous);
      this.podAdded(version);
      return;
    }
    const wasPlaced = this.isPlaced(previous);
    const isPlaced = this.isPlaced(version);
    if (isPlaced && !wasPlaced) {
      this.dropFromQueue(version);
      this.placed(version);
    } else if (wasPlaced && !isPlaced) {
      this.unplaced(previous);
    } else if (isPlaced && pods.isTerminating(version)) {
      this.options.cache.markTerminating(pods.key.get(version));
    } else if (!isPlaced && pods.isTerminal(version)) {
      // Upstream's informer selects no ended pods: to it this one is gone.
      this.podDeleted(previous);
    } else if (!isPlaced) {
      this.waitingUpdated(version, previous);
    }
  }

  private podDeleted(previous: VersionHandle): void {
    const { pods } = this.options.tables;
    // A list after a gap may show the end of a pod that was never seen bound (upstream: DeletedFinalStateUnknown).
    const isBoundUnseen = this.options.cache.isBoundUnseen(pods.key.get(previous), pods.uid.get(previous));
    if (isBoundUnseen || this.isPlaced(previous)) {
      this.unplaced(previous);
      return;
    }
    this.dropFromQueue(previous);
    // The room that was kept for it is free (deletePodFromSchedulingQueue).
    if (pods.nominatedNode.get(previous) >= 0) this.tellOfDeletion(previous);
  }

  /** Whether a pod takes room on a node: bound and not at its end (upstream's informer does not select ended pods). */
  private isPlaced(version: VersionHandle): boolean {
    const { pods } = this.options.tables;
    return pods.node.get(version) >= 0 && !pods.isTerminal(version);
  }

  private placed(version: VersionHandle): void {
    const { pods } = this.options.tables;
    const placed = this.options.groups.requirementsOf(version);
    this.options.cache.confirm(pods.key.get(version), pods.node.get(version), placed);
    if (pods.isTerminating(version)) this.options.cache.markTerminating(pods.key.get(version));
    if (this.options.queue.listens) this.options.queue.onEvent({ kind: 'placement', placed });
  }

  private unplaced(previous: VersionHandle): void {
    const { pods } = this.options.tables;
    this.options.cache.remove(pods.key.get(previous));
    this.tellOfDeletion(previous);
  }

  private tellOfDeletion(previous: VersionHandle): void {
    if (!this.options.queue.listens) return;
    this.options.queue.onEvent({ kind: 'deletion', deleted: this.options.groups.requirementsOf(previous) });
  }

  private wanted(version: VersionHandle): void {
    const { pods } = this.options.tables;
    if (pods.node.get(version) >= 0 || pods.isTerminal(version)) return;
    const template = pods.template.get(version) as PodTemplate;
    const profile = this.options.profiles.get(template.schedulerName);
    const key = pods.key.get(version) as ObjectKey;
    if (profile === undefined || this.options.queue.find(key) !== undefined) return;
    const requirements = this.options.groups.requirementsOf(version);
    const slot = pods.nominatedNode.get(version);
    if (slot >= 0) this.options.nominations.set(key, pods.uid.get(version), requirements, slot);
    this.options.queue.add(
      new QueuedPod(key, pods.uid.get(version), requirements, profile, this.options.simulation.now),
    );
  }

  /** A pod that waits has another nomination now; one that nobody has written yet stays (UpdateNominatedPod). */
  private waitingUpdated(version: VersionHandle, previous: VersionHandle): void {
    const { pods } = this.options.tables;
    const slot = pods.nominatedNode.get(version);
    const queued = this.options.queue.find(pods.key.get(version));
    if (queued !== undefined && pods.isGated(previous) && !pods.isGated(version))
      this.options.queue.forceActivate(queued);
    if (queued === undefined || (slot < 0 && pods.nominatedNode.get(previous) < 0)) return;
    if (slot < 0) this.options.nominations.delete(queued.key);
    else this.options.nominations.set(queued.key, queued.uid, queued.requirements, slot);
  }

  private dropFromQueue(version: VersionHandle): void {
    const { pods } = this.options.tables;
    const key = pods.key.get(version);
    this.options.nominations.delete(key);
    this.options.waiting.reject(key, PREEMPTION);
    const queued = this.options.queue.find(pods.key.get(version));
    if (queued !== undefined && queued.uid === pods.uid.get(version)) this.options.queue.remove(queued);
  }
}
