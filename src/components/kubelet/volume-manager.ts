/**
 * What a pod waits for before its sandbox is made: its service account token, the Secrets and ConfigMaps that it refers to, and the mounts themselves.
 * K:pkg/kubelet/volumemanager (reconciler, WaitForAttachAndMount), pkg/kubelet/token/token_manager.go.
 * What cannot be had, or does not exist, makes the mount fail: event FailedMount, and another attempt after a back-off that doubles.
 * Tokens are asked for anew once 80 % of their life is over, less a jitter, by the next sync of the pod.
 * Simplification: a Secret or ConfigMap that only env names holds the pod up in the same way; upstream its container then fails to be created.
 */
import { kinds, type ObjectKey, type PodTemplate } from '../../cluster/index.ts';
import type { EventType, Simulation, ValuesOf } from '../../engine/index.ts';
import { nanoseconds, type SimTime } from '../../units/index.ts';
import { isSuccess, type RequestId, writes } from '../api-machinery/index.ts';
import type { ClientGo } from '../client-go/index.ts';
import type { kubeletParameters } from './kubelet.parameters.ts';
import { epochOf, slotContext, slotOf } from './kubelet-context.ts';
import { Draw, type PodSteps } from './pod-steps.ts';
import type { PodTable } from './pod-table.ts';
import { SettingsManager } from './settings-manager.ts';

/** What a pod waits for, as bits. */
const Wait = { Token: 1, Settings: 2 } as const;
/** A pod is synced, and its mounts with it, every one to one and a half periods (wait.Jitter with 0.5). */
const SYNC_JITTER = 0.5;

/** The volume managers of all kubelets. */
export class VolumeManager {
  readonly settings: SettingsManager;
  private readonly clientGo: ClientGo;
  private readonly simulation: Simulation;
  private readonly parameters: ValuesOf<typeof kubeletParameters>;
  private readonly steps: PodSteps;
  private readonly table: PodTable;
  /** Step "all volumes are mounted, as far as the pod worker's poll has noticed". */
  private readonly mounted: EventType;
  private readonly evTokenAgain: EventType;
  private readonly evTokenRefresh: EventType;
  private readonly evSettingsAgain: EventType;
  private readonly evSettingsLate: EventType;
  private readonly onToken: number;
  private readonly onTokenRefreshed: number;

  constructor(clientGo: ClientGo, steps: PodSteps, mounted: EventType) {
    this.clientGo = clientGo;
    this.simulation = clientGo.simulation;
    this.parameters = steps.parameters;
    this.steps = steps;
    this.table = steps.table;
    this.mounted = mounted;
    this.settings = new SettingsManager(clientGo, steps, { looked: (slot, found) => this.looked(slot, found) });
    this.evTokenAgain = steps.on('token requested again', (slot) => this.requestToken(slot, this.onToken));
    this.evTokenRefresh = steps.on('token refresh', (slot) => this.refreshToken(slot));
    this.evSettingsAgain = steps.on('Secrets and ConfigMaps looked for again', (slot) => this.lookForSettings(slot));
    this.evSettingsLate = steps.on('Secrets and ConfigMaps late', (slot) => this.onSettingsLate(slot));
    this.onToken = clientGo.onReplyDo((request, context) => this.tokenCame(request, context));
    this.onTokenRefreshed = clientGo.onReplyDo((_, context) => {
      this.table.release(slotOf(context));
    });
  }

  // ---- ports -------------------------------------------------------------------------------------------------------------------

  /** The pod worker needs the volumes of a pod; the step `mounted` follows. */
  mount(slot: number): void {
    const { table } = this;
    table.mountFailures[slot] = 0;
    if (table.isStatic[slot] === 1) {
      // A static pod may refer to nothing that the API server has (validation refuses it).
      this.come(slot, table.awaits[slot] as number);
      return;
    }
    table.awaits[slot] = this.parameters.boundTokens ? Wait.Token | Wait.Settings : Wait.Settings;
    this.settings.register(slot);
    if (this.parameters.boundTokens) this.requestToken(slot, this.onToken);
    this.lookForSettings(slot);
  }

  /** The volumes of a pod that runs since before the run, which had begun at `revision`. */
  mountedBefore(slot: number, revision: number): void {
    if (this.table.isStatic[slot] === 1) return;
    if (!this.parameters.boundTokens) {
      this.settings.register(slot, revision);
      return;
    }
    this.settings.register(slot, revision);
    const { tokenRefresh, tokenRefreshJitter } = this.parameters;
    const phase = this.steps.draws.uniform(this.steps.entity(slot), Draw.Token);
    this.steps.plan(slot, nanoseconds((tokenRefresh - tokenRefreshJitter) * phase), this.evTokenRefresh);
  }

  /** The pod is gone from the API, or has lost its node. */
  forget(slot: number): void {
    this.settings.unregister(slot);
  }

  // ---- the token ---------------------------------------------------------------------------------------------------------------

  private requestToken(slot: number, reply: number): void {
    const kubelet = this.steps.kubeletOf(slot);
    this.table.hold(slot);
    const context = slotContext(slot, this.table.epoch[slot] as number);
    kubelet.client.send(kubelet.client.write(writes.tokenRequest, 0 as ObjectKey), reply, context);
  }

  private tokenCame(request: RequestId, context: number): void {
    const { table } = this;
    const slot = slotOf(context);
    const isThere = table.release(slot);
    if (!isThere || table.epoch[slot] !== epochOf(context)) return;
    if (!isSuccess(this.clientGo.requests.code[request] as number)) {
      this.fail(slot, this.evTokenAgain);
      return;
    }
    this.planRefresh(slot);
    this.come(slot, Wait.Token);
  }

  private refreshToken(slot: number): void {
    this.requestToken(slot, this.onTokenRefreshed);
    this.planRefresh(slot);
  }

  /** From 80 % of the token's life on, less a jitter, the next sync of the pod asks for another one. */
  private planRefresh(slot: number): void {
    const { tokenRefresh, tokenRefreshJitter, syncFrequency } = this.parameters;
    const { draws } = this.steps;
    const { now } = this.simulation;
    const early = tokenRefreshJitter * draws.uniform(this.steps.entity(slot), -Draw.Token - now);
    const untilSync = syncFrequency * (1 + SYNC_JITTER * draws.uniform(this.steps.entity(slot), -Draw.Sync - now));
    const share = draws.uniform(this.steps.entity(slot), -Draw.SyncPhase - now);
    this.steps.plan(slot, nanoseconds(tokenRefresh - early + untilSync * share), this.evTokenRefresh);
  }

  // ---- Secrets and ConfigMaps ----------------------------------------------------------------------------------------------------

  private lookForSettings(slot: number): void {
    this.table.lookedAt[slot] = this.simulation.now;
    this.settings.look(slot);
    if (((this.table.awaits[slot] as number) & Wait.Settings) !== 0)
      this.steps.plan(slot, this.parameters.settingsTimeout, this.evSettingsLate);
  }

  private looked(slot: number, found: boolean): void {
    if (((this.table.awaits[slot] as number) & Wait.Settings) === 0) return;
    if (found) this.come(slot, Wait.Settings);
    else this.fail(slot, this.evSettingsAgain);
  }

  /** The watches have not brought anything within the time that a mount gives them. */
  private onSettingsLate(slot: number): void {
    const isWaiting = ((this.table.awaits[slot] as number) & Wait.Settings) !== 0;
    const since = this.simulation.now - (this.table.lookedAt[slot] as number);
    if (isWaiting && since === this.parameters.settingsTimeout) this.fail(slot, this.evSettingsAgain);
  }

  // ---- mounts ------------------------------------------------------------------------------------------------------------------

  /** A mount has failed; it is tried again after its back-off (nestedpendingoperations). */
  private fail(slot: number, again: EventType): void {
    const { table, parameters } = this;
    // An attempt that has failed is late no more.
    table.lookedAt[slot] = Number.NEGATIVE_INFINITY;
    const failures = table.mountFailures[slot] as number;
    const pause = Math.min(parameters.mountBackoff * 2 ** failures, parameters.mountBackoffMaximum);
    table.mountFailures[slot] = Math.min(failures + 1, LARGEST_COUNT);
    this.steps.kubeletOf(slot).recorder.record('FailedMount', kinds.pods, table.key[slot] as ObjectKey);
    this.steps.plan(slot, nanoseconds(pause), again);
  }

  /** Something that the pod waited for is there; the mounts begin with the last of it. */
  private come(slot: number, what: number): void {
    const { table, parameters, simulation } = this;
    table.awaits[slot] = (table.awaits[slot] as number) & ~what;
    if (table.awaits[slot] !== 0) return;
    const span = parameters.volumeMount.keyedSample(this.steps.draws, this.steps.entity(slot), Draw.Volume);
    const mounted = simulation.now + span + parameters.volumeMountEach * mountsOf(this.steps.templateOf(slot));
    // The pod worker polls for its volumes from the moment it began.
    const began = table.seenAt[slot] as number;
    const polls = Math.ceil((mounted - began) / parameters.volumeWaitPoll);
    this.steps.planAt(slot, (began + polls * parameters.volumeWaitPoll) as SimTime, this.mounted);
  }
}

/** Failures are counted in eight bits; the back-off has reached its largest value long before. */
const LARGEST_COUNT = 255;

/** Secrets, ConfigMaps and claims that a pod mounts, beside its token. */
function mountsOf({ settings = [], volumes = [] }: PodTemplate): number {
  return volumes.length + settings.filter(({ isMounted }) => isMounted).length;
}
