/**
 * The census: counts of pods by state and of Deployments by completeness, kept from every committed change. Statistics only: barriers, pod
 * startup latencies and the conservation of pods read it; no component acts on it. It has no delay and costs the cluster nothing.
 */
import {
  type DeploymentVersions,
  kinds,
  NO_VERSION,
  type ObjectTables,
  PodCondition,
  PodPhase,
  type VersionHandle,
} from '../cluster/index.ts';
import type { Simulation } from '../engine/index.ts';
import { FLOW_POD_STARTUP, type HistogramSeries, type MetricRecorder, type WaitLedger } from '../metrics/index.ts';
import type { Nanoseconds } from '../units/index.ts';
import type { Change, EtcdCluster } from './etcd/index.ts';
import { SchedulingWindows } from './scheduling-windows.ts';

/** Pods of one group (all, or of one Deployment) by state. */
export interface PodCounts {
  /** Pods that exist. */
  existing: number;
  /** Neither ended nor terminating. */
  active: number;
  /** Active and bound to a node. */
  scheduled: number;
  /** Active and Ready. */
  ready: number;
}

/** Nobody. */
function noPods(): PodCounts {
  return { existing: 0, active: 0, scheduled: 0, ready: 0 };
}

/** States that plimsoll_pods reports. `unbound … failed` partition the pods that exist; `terminating` counts in its phase too. */
const states = ['unbound', 'bound', 'running', 'succeeded', 'failed'] as const;

/** What is counted. */
export class Census {
  private readonly simulation: Simulation;
  private readonly tables: ObjectTables;
  private readonly store: EtcdCluster;
  /** Pods ever created by requests, and before the run. */
  created = 0;
  preloaded = 0;
  removed = 0;
  terminating = 0;
  /** Pods that exist, by state. */
  private readonly byState = [0, 0, 0, 0, 0];
  /** All pods, and those of each ReplicaSet (by key); -1 = pods that nobody owns. */
  readonly all = noPods();
  private readonly byOwner = new Map<number, PodCounts>();
  /** ReplicaSets of each Deployment. */
  private readonly ownersOf = new Map<number, Set<number>>();
  /** spec.replicas of every Deployment, and of ReplicaSets that no Deployment owns. */
  private readonly desiredBy = new Map<string, number>();
  private desired = 0;
  /** Pods that found no node, and since when [ns]. */
  private readonly unschedulable = new Map<number, number>();
  /** Pods whose volumes are being bound, and since when [ns]. */
  private readonly binding = new Map<number, number>();
  private readonly waits: WaitLedger;
  /** Numbers of these two in the ledger of waits. */
  private readonly room: number;
  private readonly volumes: number;
  /** Deployments that are not complete. */
  private readonly incomplete = new Set<number>();
  private isPreloading = true;
  private readonly createToSchedule: HistogramSeries;
  private readonly scheduleToRun: HistogramSeries;
  private readonly runToWatch: HistogramSeries;
  private readonly total: HistogramSeries;
  private readonly windows: SchedulingWindows;

  constructor(
    simulation: Simulation,
    tables: ObjectTables,
    store: EtcdCluster,
    recorder: MetricRecorder,
    waits: WaitLedger,
  ) {
    this.simulation = simulation;
    this.tables = tables;
    this.store = store;
    this.waits = waits;
    this.room = waits.server('room on the nodes', 'server');
    this.volumes = waits.server('volumes of pods', 'server');
    const phase = (name: string) => recorder.histogram('pod_startup_latency_seconds', { phase: name });
    this.createToSchedule = phase('create_to_schedule');
    this.scheduleToRun = phase('schedule_to_run');
    this.runToWatch = phase('run_to_watch');
    this.total = phase('total');
    this.windows = new SchedulingWindows(recorder);
    store.observe((change) => this.observe(change));
    this.publish(recorder);
    simulation.addInvariantCheck('census', () => this.checkInvariants());
  }

  private publish(recorder: MetricRecorder): void {
    const gauge = (phase: string) => recorder.gauge('plimsoll_pods', { phase });
    const gauges = states.map(gauge);
    const created = gauge('created');
    const removed = gauge('removed');
    const ready = gauge('ready');
    const terminating = gauge('terminating');
    recorder.onSample(() => {
      gauges.forEach((series, state) => {
        series.set(this.byState[state] as number);
      });
      created.set(this.created + this.preloaded);
      removed.set(this.removed);
      ready.set(this.all.ready);
      terminating.set(this.terminating);
    });
  }

  /** The run begins: what comes now was not preloaded. */
  beginRun(): void {
    this.isPreloading = false;
  }

  // ---- questions ---------------------------------------------------------------------------------------------------------------

  /** Pods that workloads and users want: replicas of Deployments and bare ReplicaSets, and every active pod that nobody owns. */
  get wanted(): number {
    return this.desired + (this.byOwner.get(-1)?.active ?? 0);
  }

  /** Replicas that a Deployment wants. */
  wantedBy(deployment: number): number {
    return this.desiredBy.get(`deployments ${deployment}`) ?? 0;
  }

  /** Pods of a Deployment. */
  podsOf(deployment: number): PodCounts {
    const sum = noPods();
    for (const owner of this.ownersOf.get(deployment) ?? []) {
      const counts = this.byOwner.get(owner);
      if (counts === undefined) continue;
      sum.existing += counts.existing;
      sum.active += counts.active;
      sum.scheduled += counts.scheduled;
      sum.ready += counts.ready;
    }
    return sum;
  }

  /** Deployments whose rollout is not complete. */
  get incompleteDeployments(): ReadonlySet<number> {
    return this.incomplete;
  }

  // ---- changes -----------------------------------------------------------------------------------------------------------------

  private observe(change: Change): void {
    switch (change.kind) {
      case kinds.pods:
        this.podChanged(change);
        break;
      case kinds.replicasets:
        this.replicaSetChanged(change);
        break;
      case kinds.deployments:
        this.deploymentChanged(change);
        break;
      default:
    }
  }

  private podChanged({ version, previous }: Change): void {
    if (previous === NO_VERSION) {
      if (this.isPreloading) this.preloaded++;
      else this.created++;
    } else {
      this.count(previous, -1);
    }
    if (version === NO_VERSION) this.removed++;
    else this.count(version, 1);
    if (version !== NO_VERSION && previous !== NO_VERSION) this.recordLatencies(version, previous);
    this.followWaiting(version, previous);
  }

  /**
   * A pod that found no node waits for room from the first failed attempt until a node is kept for it, it is bound, or gone; one with claims then
   * waits until its volumes are bound.
   */
  private followWaiting(version: VersionHandle, previous: VersionHandle): void {
    const { pods } = this.tables;
    const key = pods.key.get(version === NO_VERSION ? previous : version);
    const isOpen = version !== NO_VERSION && pods.node.get(version) < 0;
    const binds = isOpen && pods.nominatedNode.get(version) >= 0 && pods.template.get(version)?.volumes !== undefined;
    const seeks = isOpen && !binds && (pods.conditions.get(version) & PodCondition.Unschedulable) !== 0;
    this.follow(this.unschedulable, key, seeks, this.room);
    this.follow(this.binding, key, binds, this.volumes);
  }

  private follow(waiting: Map<number, number>, key: number, waits: boolean, server: number): void {
    const since = waiting.get(key);
    if (waits && since === undefined) {
      waiting.set(key, this.simulation.now);
    } else if (!waits && since !== undefined) {
      waiting.delete(key);
      this.waitedFor(server, since);
    }
  }

  private waitedFor(server: number, since: number): void {
    const waited = this.simulation.now - since;
    this.waits.passed(server, waited);
    this.waits.add(this.waits.flow(FLOW_POD_STARTUP), server, waited);
  }

  /** The run has ended: pods that still wait for room have waited until now. Returns what a user should know, in words. */
  conclude(): string[] {
    this.windows.conclude();
    for (const since of this.unschedulable.values()) this.waitedFor(this.room, since);
    for (const since of this.binding.values()) this.waitedFor(this.volumes, since);
    const { size } = this.unschedulable;
    if (size === 0) return [];
    return [
      `${size.toLocaleString('en-US')} pods found no node with room for them (PodScheduled False, Unschedulable)`,
    ];
  }

  private count(pod: VersionHandle, sign: 1 | -1): void {
    const { pods } = this.tables;
    const state = this.stateOf(pod);
    this.byState[state] = (this.byState[state] as number) + sign;
    if (pods.isTerminating(pod)) this.terminating += sign;
    const owner = pods.owner.get(pod);
    let group = this.byOwner.get(owner);
    if (group === undefined) {
      group = noPods();
      this.byOwner.set(owner, group);
    }
    for (const counts of [this.all, group]) {
      counts.existing += sign;
      if (!pods.isActive(pod)) continue;
      counts.active += sign;
      if (pods.node.get(pod) >= 0) counts.scheduled += sign;
      if (pods.isReady(pod)) counts.ready += sign;
    }
    if (group.existing === 0) this.byOwner.delete(owner);
  }

  /** Index into {@link states}. */
  private stateOf(pod: VersionHandle): number {
    const { pods } = this.tables;
    const phase = pods.phase.get(pod);
    if (phase === PodPhase.Pending) return pods.node.get(pod) < 0 ? 0 : 1;
    return phase + 1;
  }

  private recordLatencies(version: VersionHandle, previous: VersionHandle): void {
    const { pods } = this.tables;
    const scheduled = PodCondition.Scheduled;
    // The kubelet calls its static pods scheduled; nobody has bound them.
    const wasBound = pods.scheduledAt.get(version) >= 0;
    if (
      wasBound &&
      (pods.conditions.get(version) & scheduled) !== 0 &&
      (pods.conditions.get(previous) & scheduled) === 0
    ) {
      this.createToSchedule.recordSpan((pods.scheduledAt.get(version) - pods.createdAt.get(version)) as Nanoseconds);
      this.windows.podBound(this.simulation.now);
    }
    if (pods.phase.get(version) === PodPhase.Running && pods.phase.get(previous) === PodPhase.Pending) {
      const { now } = this.simulation;
      const runningAt = pods.runningAt.get(version);
      // A pod that was created with its node named was never scheduled.
      const from = Math.max(pods.scheduledAt.get(version), pods.createdAt.get(version));
      // The mirror pod of a static pod that has long been running has no start of its own.
      if (runningAt < from) return;
      this.scheduleToRun.recordSpan((runningAt - from) as Nanoseconds);
      this.runToWatch.recordSpan((now - runningAt) as Nanoseconds);
      this.total.recordSpan((now - pods.createdAt.get(version)) as Nanoseconds);
    }
  }

  private replicaSetChanged({ key, version, previous }: Change): void {
    const { replicasets } = this.tables;
    const owner = replicasets.owner.get(version === NO_VERSION ? previous : version);
    if (owner < 0) {
      this.want(`replicasets ${key}`, version === NO_VERSION ? undefined : replicasets.replicas.get(version));
      return;
    }
    const owned = this.ownersOf.get(owner);
    if (version === NO_VERSION) {
      owned?.delete(key);
      if (owned?.size === 0) this.ownersOf.delete(owner);
    } else if (owned === undefined) {
      this.ownersOf.set(owner, new Set([key]));
    } else {
      owned.add(key);
    }
  }

  private deploymentChanged({ key, version }: Change): void {
    const { deployments } = this.tables;
    this.want(`deployments ${key}`, version === NO_VERSION ? undefined : deployments.replicas.get(version));
    if (version === NO_VERSION || isComplete(deployments, version)) this.incomplete.delete(key);
    else this.incomplete.add(key);
  }

  private want(name: string, replicas: number | undefined): void {
    this.desired += (replicas ?? 0) - (this.desiredBy.get(name) ?? 0);
    if (replicas === undefined) this.desiredBy.delete(name);
    else this.desiredBy.set(name, replicas);
  }

  /** Pods are conserved, and the running counts equal a count of what the store has. */
  checkInvariants(): void {
    const simulation: Simulation = this.simulation;
    const exist = this.byState.reduce((sum, count) => sum + count, 0);
    simulation.invariant(
      this.created + this.preloaded === exist + this.removed,
      'census',
      `${this.created} pods created and ${this.preloaded} preloaded, but ${exist} exist and ${this.removed} were removed`,
    );
    const counted = [0, 0, 0, 0, 0];
    this.store.forEachCurrent(kinds.pods, (_, pod) => {
      const state = this.stateOf(pod);
      counted[state] = (counted[state] as number) + 1;
    });
    simulation.invariant(
      counted.every((count, state) => count === this.byState[state]),
      'census',
      `pods by state ${this.byState.join('/')}, but the store has ${counted.join('/')}`,
    );
  }
}

/** util.DeploymentComplete: the controller has seen the latest spec, and all replicas are updated and available. */
function isComplete(deployments: DeploymentVersions, deployment: VersionHandle): boolean {
  const replicas = deployments.replicas.get(deployment);
  return (
    deployments.observedGeneration.get(deployment) >= deployments.generation.get(deployment) &&
    deployments.updatedReplicas.get(deployment) === replicas &&
    deployments.statusReplicas.get(deployment) === replicas &&
    deployments.availableReplicas.get(deployment) === replicas
  );
}
