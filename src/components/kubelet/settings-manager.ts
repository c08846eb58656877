/**
 * How kubelets keep the Secrets and ConfigMaps that their pods refer to. K:pkg/kubelet/util/manager (watch_based_manager.go, cache_based_manager.go).
 *
 * `Watch`: one watch for each object that a pod on the node refers to, opened with the first such pod and closed with the last, or at once if the
 * object is immutable. What is only read when containers start (env) is watched no longer once nobody has asked for it for a while.
 * `Get`: a GET for each object whenever a pod is synced. `Cache`: the same, unless the answer is younger than the node's TTL, which the TTL controller
 * sets by the size of the cluster. With these two each pod is synced for the sake of its mounts every one to one and a half `syncFrequency`.
 * Left out: what the objects say; changes of them reach no container.
 */
import {
  type Kind,
  kinds,
  NO_VERSION,
  type ObjectKey,
  type PodTemplate,
  type SettingsReference,
  type SettingsVersions,
  type VersionHandle,
} from '../../cluster/index.ts';
import type { EventType, Simulation, ValuesOf } from '../../engine/index.ts';
import { nanoseconds, type SimTime, seconds } from '../../units/index.ts';
import { type RequestId, StatusCode } from '../api-machinery/index.ts';
import { type ClientGo, Reflector } from '../client-go/index.ts';
import type { kubeletParameters } from './kubelet.parameters.ts';
import type { Kubelet } from './kubelet.ts';
import { epochOf, slotContext, slotOf } from './kubelet-context.ts';
import { Draw, type PodSteps } from './pod-steps.ts';
import type { PodTable } from './pod-table.ts';

/** The ConfigMap that every pod of a namespace mounts beside its token. */
const ROOT_CA: SettingsReference = { kind: 'ConfigMap', name: 'kube-root-ca.crt', isOptional: false, isMounted: true };
const ONLY_ROOT_CA: readonly SettingsReference[] = [ROOT_CA];
/** An item that nobody asks for is watched for this many sync periods more (maxIdleTime of NewWatchBasedManager). */
const IDLE_SYNCS = 5;
/** Idle watches are looked for this often (startRecycleIdleWatch). */
const RECYCLE_PERIOD = seconds(60);
/** A pod is synced every one to one and a half periods (wait.Jitter with 0.5). */
const SYNC_JITTER = 0.5;
/** Seconds for which an answer counts, by the largest cluster that it is for (pkg/controller/ttl/ttl_controller.go). */
const TTL_BOUNDARIES = [
  { nodes: 100, ttl: seconds(0) },
  { nodes: 500, ttl: seconds(15) },
  { nodes: 1000, ttl: seconds(30) },
  { nodes: 2000, ttl: seconds(60) },
  { nodes: Number.POSITIVE_INFINITY, ttl: seconds(300) },
] as const;

/** A Secret or ConfigMap as one kubelet has it. */
export interface KeptSettings {
  readonly kind: Kind;
  readonly key: ObjectKey;
  /** Pods that refer to it, and those of them that mount it, state. */
  references: number;
  mounts: number;
  /** Its watch; undefined = there is none, state. */
  reflector: Reflector | undefined;
  /** Whether it is known if the object is there, and whether it is, state. */
  isSynced: boolean;
  isPresent: boolean;
  /** Whether it need not be watched any more, state. */
  isImmutable: boolean;
  /** When it was last asked for, and fetched [ns], state. */
  accessedAt: number;
  fetchedAt: number;
  /** Pods that wait for the first list, each a slot and its epoch, state. */
  waiting: { readonly slot: number; readonly epoch: number }[];
}

/** What a pod's mounts are told. */
export interface SettingsListener {
  /** Everything that a pod refers to was looked at; `found` = nothing is missing that is not optional. */
  looked(slot: number, found: boolean): void;
}

/** The managers of all kubelets. */
export class SettingsManager {
  private readonly clientGo: ClientGo;
  private readonly simulation: Simulation;
  private readonly parameters: ValuesOf<typeof kubeletParameters>;
  private readonly steps: PodSteps;
  private readonly table: PodTable;
  private readonly listener: SettingsListener;
  private readonly onFetched: number;
  private readonly evRecycle: EventType;
  private readonly evSync: EventType;
  /** Answers that a pod's look waits for, and whether something was missing, by slot, state. */
  private readonly unanswered: number[] = [];
  private readonly isMissing: boolean[] = [];

  constructor(clientGo: ClientGo, steps: PodSteps, listener: SettingsListener) {
    this.clientGo = clientGo;
    this.simulation = clientGo.simulation;
    this.parameters = steps.parameters;
    this.steps = steps;
    this.table = steps.table;
    this.listener = listener;
    this.onFetched = clientGo.onReplyDo((request, context) => this.fetched(request, context));
    this.evRecycle = this.simulation.on('kubelet: idle watch of a Secret or ConfigMap', (kubelet, item) =>
      this.recycle(steps.kubelets[kubelet] as Kubelet, item),
    );
    this.evSync = steps.on('pod synced for its mounts', (slot) => this.onSync(slot));
  }

  private get isWatching(): boolean {
    return this.parameters.configMapAndSecretChangeDetectionStrategy === 'Watch';
  }

  // ---- pods that come and go -----------------------------------------------------------------------------------------------------

  /** A pod was seen: what it refers to is kept from now on. `revision`: it has been running since before the run. */
  register(slot: number, revision?: number): void {
    const { table } = this;
    if (table.isRegistered[slot] === 1) return;
    table.isRegistered[slot] = 1;
    const kubelet = this.steps.kubeletOf(slot);
    for (const reference of this.referencesOf(slot)) {
      const item = this.itemOf(kubelet, slot, reference);
      item.references++;
      if (reference.isMounted) item.mounts++;
      // A new pod has it fetched anew.
      item.fetchedAt = Number.NEGATIVE_INFINITY;
      if (!this.isWatching || item.reflector !== undefined || item.references > 1) continue;
      this.watch(kubelet, item, revision);
    }
    if (!this.isWatching) this.planSync(slot);
  }

  /** A pod is gone: what nobody else refers to is dropped. */
  unregister(slot: number): void {
    const { table } = this;
    if (table.isRegistered[slot] === 0) return;
    table.isRegistered[slot] = 0;
    const kubelet = this.steps.kubeletOf(slot);
    for (const reference of this.referencesOf(slot)) {
      const item = this.itemOf(kubelet, slot, reference);
      item.references--;
      if (reference.isMounted) item.mounts--;
      if (item.references > 0) continue;
      item.reflector?.stop();
      kubelet.settings.delete(numberOf(item.kind, item.key));
    }
  }

  /** The kubelet's process has ended: it keeps nothing. */
  stop(kubelet: Kubelet): void {
    for (const item of kubelet.settings.values()) item.reflector?.stop();
    kubelet.settings.clear();
    for (const slot of kubelet.pods.values()) this.table.isRegistered[slot] = 0;
  }

  // ---- looks -----------------------------------------------------------------------------------------------------------------------

  /** The mounts of a pod, or the starts of its containers, ask for everything that it refers to. */
  look(slot: number): void {
    const references = this.referencesOf(slot);
    if (this.isWatching) this.lookAtWatched(slot, references);
    else this.fetch(slot, references);
  }

  private lookAtWatched(slot: number, references: readonly SettingsReference[]): void {
    const kubelet = this.steps.kubeletOf(slot);
    let found = true;
    let isWaiting = false;
    for (const reference of references) {
      const item = this.itemOf(kubelet, slot, reference);
      item.accessedAt = this.simulation.now;
      if (item.reflector === undefined && !item.isImmutable) this.watch(kubelet, item);
      if (item.mounts === 0) this.planRecycling(kubelet, item);
      if (!item.isSynced) {
        item.waiting.push({ slot, epoch: this.table.epoch[slot] as number });
        isWaiting = true;
      } else if (!item.isPresent && !reference.isOptional) found = false;
    }
    if (!isWaiting) this.listener.looked(slot, found);
  }

  private fetch(slot: number, references: readonly SettingsReference[]): void {
    const { table, parameters, simulation } = this;
    const kubelet = this.steps.kubeletOf(slot);
    const ttl = parameters.configMapAndSecretChangeDetectionStrategy === 'Cache' ? this.ttl() : 0;
    this.unanswered[slot] = 0;
    this.isMissing[slot] = false;
    for (const reference of references) {
      const item = this.itemOf(kubelet, slot, reference);
      if (simulation.now - item.fetchedAt < ttl) {
        if (!item.isPresent && !reference.isOptional) this.isMissing[slot] = true;
        continue;
      }
      this.unanswered[slot] = (this.unanswered[slot] as number) + 1;
      table.hold(slot);
      const context = slotContext(slot, table.epoch[slot] as number);
      kubelet.client.send(kubelet.client.read(item.kind, item.key), this.onFetched, context);
    }
    if (this.unanswered[slot] === 0) this.listener.looked(slot, !this.isMissing[slot]);
  }

  private fetched(request: RequestId, context: number): void {
    const { table } = this;
    const slot = slotOf(context);
    const isThere = table.release(slot);
    if (!isThere || table.epoch[slot] !== epochOf(context)) return;
    const { requests } = this.clientGo;
    const code = requests.code[request] as number;
    const item = this.steps
      .kubeletOf(slot)
      .settings.get(numberOf(requests.kind[request] as Kind, requests.key[request] as ObjectKey));
    if (item !== undefined) {
      item.isPresent = code === StatusCode.Ok;
      item.fetchedAt = item.isPresent ? this.simulation.now : Number.NEGATIVE_INFINITY;
      const isOptional = this.referencesOf(slot).some(
        (reference) => reference.isOptional && this.itemOf(this.steps.kubeletOf(slot), slot, reference) === item,
      );
      if (!item.isPresent && !isOptional) this.isMissing[slot] = true;
    }
    this.unanswered[slot] = (this.unanswered[slot] as number) - 1;
    if (this.unanswered[slot] === 0) this.listener.looked(slot, !this.isMissing[slot]);
  }

  private ttl(): number {
    const nodes = this.steps.kubelets.length;
    return (TTL_BOUNDARIES.find((boundary) => nodes <= boundary.nodes) as (typeof TTL_BOUNDARIES)[number]).ttl;
  }

  private planSync(slot: number): void {
    const share = this.steps.draws.uniform(this.steps.entity(slot), -Draw.Sync - this.simulation.now);
    const span = this.parameters.syncFrequency * (1 + SYNC_JITTER * share);
    this.steps.plan(slot, nanoseconds(span), this.evSync);
  }

  private onSync(slot: number): void {
    this.look(slot);
    this.planSync(slot);
  }

  // ---- watches -----------------------------------------------------------------------------------------------------------------------

  private watch(kubelet: Kubelet, item: KeptSettings, revision?: number): void {
    const { clientGo } = this;
    item.isSynced = revision !== undefined;
    item.isPresent = item.isSynced;
    item.reflector = new Reflector(clientGo, kubelet.client, item.kind, item.key, clientGo.reflectorReplies, {
      onListed: (versions) => this.onListed(item, versions),
      onChanged: (version) => this.onChanged(item, version),
      concerns: (version, previous) => version === NO_VERSION || previous === NO_VERSION,
    });
    if (revision === undefined) item.reflector.start();
    else item.reflector.startPreloaded(revision);
  }

  private onListed(item: KeptSettings, versions: readonly VersionHandle[]): void {
    const [version] = versions;
    item.isSynced = true;
    item.isPresent = version !== undefined;
    if (version !== undefined && this.isImmutable(item, version)) this.stopWatching(item, true);
    for (const { slot, epoch } of item.waiting.splice(0)) if (this.table.epoch[slot] === epoch) this.lookAgain(slot);
  }

  /** Only the last of the objects that a pod waits for ends its wait. */
  private lookAgain(slot: number): void {
    const kubelet = this.steps.kubeletOf(slot);
    const references = this.referencesOf(slot);
    if (references.every((reference) => this.itemOf(kubelet, slot, reference).isSynced))
      this.lookAtWatched(slot, references);
  }

  private onChanged(item: KeptSettings, version: VersionHandle): void {
    item.isPresent = version !== NO_VERSION;
    if (item.isPresent && this.isImmutable(item, version)) this.stopWatching(item, true);
  }

  private isImmutable({ kind }: KeptSettings, version: VersionHandle): boolean {
    return (this.clientGo.tables.of(kind) as SettingsVersions).immutable.get(version) === 1;
  }

  private stopWatching(item: KeptSettings, isImmutable: boolean): void {
    item.reflector?.stop();
    item.reflector = undefined;
    item.isImmutable = isImmutable;
    item.isSynced = isImmutable;
  }

  private planRecycling(kubelet: Kubelet, item: KeptSettings): void {
    const idle = this.simulation.now + IDLE_SYNCS * this.parameters.syncFrequency;
    const at = kubelet.nextTick((idle + 1) as SimTime, RECYCLE_PERIOD);
    this.simulation.at(at, this.evRecycle, kubelet.index, numberOf(item.kind, item.key));
  }

  private recycle(kubelet: Kubelet, number: number): void {
    const item = kubelet.settings.get(number);
    if (item?.reflector === undefined || item.mounts > 0 || !item.isSynced) return;
    if (this.simulation.now - item.accessedAt > IDLE_SYNCS * this.parameters.syncFrequency)
      this.stopWatching(item, false);
  }

  // ---- small parts ---------------------------------------------------------------------------------------------------------------

  private referencesOf(slot: number): readonly SettingsReference[] {
    const { settings } = this.table.template[slot] as PodTemplate;
    return settings === undefined ? ONLY_ROOT_CA : [ROOT_CA, ...settings];
  }

  private itemOf(kubelet: Kubelet, slot: number, reference: SettingsReference): KeptSettings {
    const { tables } = this.clientGo;
    const kind = reference.kind === 'Secret' ? kinds.secrets : kinds.configmaps;
    const namespace = tables.keysOf('pods').namespace(this.table.key[slot] as ObjectKey);
    const key = tables.keysOf(kind).intern(namespace, reference.name);
    const number = numberOf(kind, key);
    let item = kubelet.settings.get(number);
    if (item === undefined) {
      item = {
        kind,
        key,
        references: 0,
        mounts: 0,
        reflector: undefined,
        isSynced: false,
        isPresent: false,
        isImmutable: false,
        accessedAt: this.simulation.now,
        fetchedAt: Number.NEGATIVE_INFINITY,
        waiting: [],
      };
      kubelet.settings.set(number, item);
    }
    return item;
  }
}

/** One number of a Secret or ConfigMap. */
function numberOf(kind: Kind, key: ObjectKey): number {
  return 2 * key + (kind === kinds.secrets ? 1 : 0);
}
