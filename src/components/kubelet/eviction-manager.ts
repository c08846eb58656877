/**
 * The eviction managers of all kubelets: every ten seconds they compare the memory and disk that is left with thresholds; what is met makes the node
 * report pressure, and one pod after the other is evicted until it is met no more. K:pkg/kubelet/eviction (eviction_manager.go, helpers.go).
 * Modelled: hard thresholds, one soft one for memory, deletion of unused images before pods, the ranking, admission under pressure, the transition
 * period. A node whose pods use nothing that counts costs no event. Left out: inodes, process ids, local storage limits, kernel notifications, OOM kills
 * of a node that runs out of memory between two looks.
 */
import {
  kinds,
  NodePressure,
  type ObjectKey,
  podReasons,
  qualityOfService,
  TAINT_MEMORY_PRESSURE,
  tolerates,
} from '../../cluster/index.ts';
import type { EventType } from '../../engine/index.ts';
import { type Nanoseconds, nanoseconds, plus, type SimTime, seconds } from '../../units/index.ts';
import type { ClientGo } from '../client-go/index.ts';
import type { ImageGarbage } from './image-garbage.ts';
import type { Kubelet } from './kubelet.ts';
import type { NodeUsage } from './node-usage.ts';
import type { PodSteps } from './pod-steps.ts';
import { PodStage } from './pod-table.ts';

/** Grace period of a pod that is evicted for a hard threshold (immediateEvictionGracePeriodSeconds). */
const IMMEDIATE = seconds(1);
/** What can be short, in the order in which it is seen to. */
const SIGNALS = ['memory.available', 'nodefs.available', 'imagefs.available'] as const;
/** The kind of pressure that each signal stands for. */
const PRESSURE_OF = [NodePressure.Memory, NodePressure.Disk, NodePressure.Disk] as const;

/** Who is told. */
export interface EvictionListener {
  /** A pod is to end as Failed, with this grace period. */
  evict(slot: number, grace: Nanoseconds): void;
  /** A node reports other conditions. */
  pressureChanged(kubelet: Kubelet): void;
}

/** What the manager of one node remembers. */
interface NodeState {
  /** When each signal was short last, and since when the soft threshold of memory is met [ns], -1 = never or not, state. */
  readonly metAt: number[];
  softSince: number;
  /** Pods (slots, each with its incarnation) that were evicted and are waited for, and until when [ns], state. */
  awaited: { readonly slot: number; readonly incarnation: number } | undefined;
  awaitedUntil: number;
  /** Whether a look is planned, state. */
  isPlanned: boolean;
}

/** The eviction managers of all kubelets. */
export class EvictionManagers {
  private readonly clientGo: ClientGo;
  private readonly steps: PodSteps;
  private readonly usage: NodeUsage;
  private readonly garbage: ImageGarbage;
  private readonly listener: EvictionListener;
  private readonly nodes: (NodeState | undefined)[] = [];
  private readonly evLook: EventType;

  constructor(
    clientGo: ClientGo,
    steps: PodSteps,
    usage: NodeUsage,
    garbage: ImageGarbage,
    listener: EvictionListener,
  ) {
    this.clientGo = clientGo;
    this.steps = steps;
    this.usage = usage;
    this.garbage = garbage;
    this.listener = listener;
    this.evLook = steps.simulation.on('kubelet: eviction manager', (index, epoch) => this.onLook(index, epoch));
  }

  /** Memory or disk of a node may be used from now on: it is looked at as long as something is. */
  watch(kubelet: Kubelet): void {
    const state = this.stateOf(kubelet);
    if (state.isPlanned) return;
    const { now } = this.steps.simulation;
    this.plan(kubelet, kubelet.nextTick(plus(now, nanoseconds(1)), this.steps.parameters.evictionMonitorPeriod));
  }

  /** The kubelet's process has ended: it forgets what it had seen, and its node reports no pressure when it is back. */
  forget(kubelet: Kubelet): void {
    this.nodes[kubelet.index] = undefined;
    kubelet.pressure = 0;
  }

  /** Whether a node that is under pressure refuses a pod: an index into podReasons, 0 = it does not. */
  refuses(slot: number): number {
    const { pressure } = this.steps.kubeletOf(slot);
    if (pressure === 0) return 0;
    const template = this.steps.templateOf(slot);
    if (template.priority >= this.steps.parameters.criticalPriority) return 0;
    if (pressure === NodePressure.Memory) {
      const taint = { key: TAINT_MEMORY_PRESSURE, value: '', effect: 'NoSchedule' } as const;
      if (qualityOfService(template) !== 'BestEffort' || tolerates(template.tolerations, taint)) return 0;
    }
    return podReasons.indexOf('Evicted');
  }

  private stateOf(kubelet: Kubelet): NodeState {
    let state = this.nodes[kubelet.index];
    if (state === undefined) {
      state = { metAt: SIGNALS.map(() => -1), softSince: -1, awaited: undefined, awaitedUntil: 0, isPlanned: false };
      this.nodes[kubelet.index] = state;
    }
    return state;
  }

  private plan(kubelet: Kubelet, at: SimTime): void {
    this.stateOf(kubelet).isPlanned = true;
    this.steps.simulation.at(at, this.evLook, kubelet.index, kubelet.epoch);
  }

  // ---- a look --------------------------------------------------------------------------------------------------------------------

  private onLook(index: number, epoch: number): void {
    const kubelet = this.steps.kubelets[index] as Kubelet;
    if (kubelet.epoch !== epoch) return;
    const state = this.stateOf(kubelet);
    state.isPlanned = false;
    this.garbage.consider(kubelet);
    const { now } = this.steps.simulation;
    const { evictionMonitorPeriod } = this.steps.parameters;
    if (this.isStillThere(state) && now < state.awaitedUntil) {
      // The clean-up of an evicted pod is looked for every second.
      this.plan(kubelet, plus(now, seconds(1)));
      return;
    }
    state.awaited = undefined;
    const evicted = this.synchronise(kubelet, state);
    if (evicted) this.plan(kubelet, plus(now, seconds(1)));
    else if (kubelet.pressure !== 0 || this.anyUser(kubelet)) this.plan(kubelet, plus(now, evictionMonitorPeriod));
  }

  private isStillThere({ awaited }: NodeState): boolean {
    if (awaited === undefined) return false;
    const { table } = this.steps;
    return table.incarnation[awaited.slot] === awaited.incarnation && table.stage[awaited.slot] !== PodStage.Ended;
  }

  private anyUser(kubelet: Kubelet): boolean {
    for (const slot of kubelet.pods.values()) if (this.steps.planOfPod(slot).usesResources) return true;
    return false;
  }

  /** Compares with the thresholds, tells of pressure, and evicts at most one pod. Returns whether it did. */
  private synchronise(kubelet: Kubelet, state: NodeState): boolean {
    const met = this.signalsMet(kubelet, state);
    this.tellPressure(kubelet, state, met);
    for (let signal = 0; signal < SIGNALS.length; signal++) {
      if (met[signal] === Met.No) continue;
      kubelet.recorder.record('EvictionThresholdMet', kinds.nodes, kubelet.nodeKey, signal);
      // Images that nobody uses go before pods do.
      if (signal > 0 && this.garbage.free(kubelet, Number.POSITIVE_INFINITY) > 0) {
        if (this.signalsMet(kubelet, state)[signal] === Met.No) continue;
      }
      return this.evictFirst(kubelet, state, signal, met[signal] === Met.Hard);
    }
    return false;
  }

  /** How each signal stands to its thresholds. */
  private signalsMet(kubelet: Kubelet, state: NodeState): number[] {
    const { parameters, simulation } = this.steps;
    const { evictionHardMemory, evictionHardNodefs, evictionHardImagefs, evictionSoftMemory } = parameters;
    const memory = this.usage.availableMemory(kubelet);
    const disk = this.usage.availableDisk(kubelet) / this.usage.diskSize(kubelet);
    if (memory >= evictionSoftMemory) state.softSince = -1;
    else if (state.softSince < 0) state.softSince = simulation.now;
    const isSoft = state.softSince >= 0 && simulation.now - state.softSince >= parameters.evictionSoftGracePeriod;
    return [
      memory < evictionHardMemory ? Met.Hard : isSoft ? Met.Soft : Met.No,
      disk < evictionHardNodefs ? Met.Hard : Met.No,
      disk < evictionHardImagefs ? Met.Hard : Met.No,
    ];
  }

  /** A pressure is reported from when it is met until it has not been for the transition period. */
  private tellPressure(kubelet: Kubelet, state: NodeState, met: readonly number[]): void {
    const { now } = this.steps.simulation;
    const { evictionPressureTransitionPeriod: period } = this.steps.parameters;
    let pressure = 0;
    for (let signal = 0; signal < SIGNALS.length; signal++) {
      if (met[signal] !== Met.No) state.metAt[signal] = now;
      const metAt = state.metAt[signal] as number;
      if (metAt >= 0 && now - metAt < Math.max(1, period)) pressure |= PRESSURE_OF[signal] as number;
    }
    if (pressure === kubelet.pressure) return;
    const { recorder, nodeKey } = kubelet;
    const changed = pressure ^ kubelet.pressure;
    if ((changed & NodePressure.Memory) !== 0) {
      const isShort = (pressure & NodePressure.Memory) !== 0;
      recorder.record(isShort ? 'NodeHasInsufficientMemory' : 'NodeHasSufficientMemory', kinds.nodes, nodeKey);
    }
    if ((changed & NodePressure.Disk) !== 0) {
      const isShort = (pressure & NodePressure.Disk) !== 0;
      recorder.record(isShort ? 'NodeHasDiskPressure' : 'NodeHasNoDiskPressure', kinds.nodes, nodeKey);
    }
    kubelet.pressure = pressure;
    this.listener.pressureChanged(kubelet);
  }

  // ---- who goes ------------------------------------------------------------------------------------------------------------------

  /** Evicts the first pod in the order of the signal; nothing if no pod may be. */
  private evictFirst(kubelet: Kubelet, state: NodeState, signal: number, isHard: boolean): boolean {
    const { table, parameters, simulation } = this.steps;
    const slot = this.firstToGo(kubelet, signal);
    if (slot < 0) return false;
    const longest = Math.min(parameters.evictionMaxPodGracePeriod, this.steps.templateOf(slot).terminationGracePeriod);
    kubelet.recorder.record('Evicted', kinds.pods, table.key[slot] as ObjectKey);
    this.clientGo.recorder.counter('kubelet_evictions', { eviction_signal: SIGNALS[signal] as string }).add();
    state.awaited = { slot, incarnation: table.incarnation[slot] as number };
    state.awaitedUntil = simulation.now + parameters.evictionCleanupTimeout;
    this.listener.evict(slot, isHard ? IMMEDIATE : nanoseconds(longest));
    return true;
  }

  /** Pods that use more than they request go first, then those of low priority, then those that exceed their request by most. */
  private firstToGo(kubelet: Kubelet, signal: number): number {
    const { table, parameters } = this.steps;
    let first = -1;
    let firstRank: Rank = { exceeds: false, priority: 0, excess: 0 };
    for (const slot of kubelet.pods.values()) {
      const isActive = table.stage[slot] === PodStage.Active || table.stage[slot] === PodStage.Preparing;
      if (!isActive || this.steps.templateOf(slot).priority >= parameters.criticalPriority) continue;
      const rank = this.rankOf(slot, signal);
      if (first >= 0 && !goesBefore(rank, firstRank)) continue;
      first = slot;
      firstRank = rank;
    }
    return first;
  }

  private rankOf(slot: number, signal: number): Rank {
    const { requests, priority } = this.steps.templateOf(slot);
    const isMemory = signal === 0;
    const used = isMemory ? this.usage.memoryOf(slot) : this.usage.diskOf(slot);
    const excess = used - (isMemory ? requests.memory : requests.ephemeralStorage);
    return { exceeds: excess > 0, priority, excess };
  }
}

/** How a signal stands to its thresholds. */
const Met = { No: 0, Soft: 1, Hard: 2 } as const;

/** What decides which pod goes. */
interface Rank {
  readonly exceeds: boolean;
  readonly priority: number;
  /** Usage beyond the request [B]. */
  readonly excess: number;
}

function goesBefore(left: Rank, right: Rank): boolean {
  if (left.exceeds !== right.exceeds) return left.exceeds;
  if (left.priority !== right.priority) return left.priority < right.priority;
  return left.excess > right.excess;
}
