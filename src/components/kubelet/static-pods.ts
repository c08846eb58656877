/**
 * Static pods: pods of a manifest directory on the node, which the kubelet runs whether the API server is there or not; the components of the control plane are such
 * pods of its nodes. K:pkg/kubelet/config/file.go, K:pkg/kubelet/pod/mirror_client.go, K:pkg/kubelet/kubelet.go (tryReconcileMirrorPods).
 *
 * The API shows each as a mirror pod, which the kubelet creates, creates again when somebody deletes it, and replaces when the manifest has changed. A changed manifest is
 * noticed at once (inotify): the old pod is stopped, and the new one starts when nothing is left of it. A component whose process ends is started again as every
 * container is: the next relist notices, the pause of a crash loop applies, and a kubelet that is down starts nothing. What the component does is modelled elsewhere; here
 * its process is killed and started with its container.
 * Left out: manifests that cannot be read; pods of a directory that are no component of the control plane.
 */
import {
  kinds,
  NO_VERSION,
  type ObjectKey,
  PodCondition,
  type PodTemplate,
  type VersionHandle,
} from '../../cluster/index.ts';
import type { EventType, Process, Simulation, ValuesOf } from '../../engine/index.ts';
import type { SimTime } from '../../units/index.ts';
import { isSuccess, RequestFlag, StatusCode, writes } from '../api-machinery/index.ts';
import type { ClientGo } from '../client-go/index.ts';
import type { kubeletParameters } from './kubelet.parameters.ts';
import type { Kubelet } from './kubelet.ts';
import type { PodTable } from './pod-table.ts';
import type { PodWorkers } from './pod-workers.ts';
import type { StatusManager } from './status-manager.ts';

/** The process of a component of the control plane, as its kubelet treats it. */
export interface StaticProcess {
  /** "kube-apiserver". */
  readonly component: string;
  /** Has itself reported when it ends by itself; from now on nobody but {@link start} starts it again. */
  supervise(ended: () => void): void;
  /** SIGTERM: it begins to end. */
  stop(): void;
  /** It ends at once; nothing happens if it has. */
  kill(): void;
  /** It is up. */
  start(): void;
}

/** One static pod of one node. */
interface StaticPod {
  readonly kubelet: Kubelet;
  readonly key: ObjectKey;
  readonly template: PodTemplate;
  readonly process: StaticProcess;
  /** Its slot in the pod table; below 0 = the node has no power, state. */
  slot: number;
  /** UID of a mirror pod that is to be deleted, 0 = none, state. */
  staleMirror: number;
  /** Whether its manifest is another one than that of the pod that runs, state. */
  isOutdated: boolean;
  /** Whether its mirror pod was created and has not been seen yet, state. */
  isCreated: boolean;
  /** Whether somebody sees to its mirror pod, state. */
  isMirroring: boolean;
  /** Whether its container runs, as last told, state. */
  isRunning: boolean;
}

/** What static pods work with. */
export interface StaticPodParts {
  readonly table: PodTable;
  readonly workers: PodWorkers;
  readonly statuses: StatusManager;
}

/** The static pods of all nodes. */
export class StaticPods {
  private readonly clientGo: ClientGo;
  private readonly simulation: Simulation;
  private readonly parameters: ValuesOf<typeof kubeletParameters>;
  private readonly parts: StaticPodParts;
  private readonly pods: StaticPod[] = [];
  private readonly bySlot = new Map<number, StaticPod>();
  private readonly evUp: EventType;

  constructor(clientGo: ClientGo, parameters: StaticPods['parameters'], parts: StaticPodParts) {
    this.clientGo = clientGo;
    this.simulation = clientGo.simulation;
    this.parameters = parameters;
    this.parts = parts;
    this.evUp = this.simulation.on('static pod: process up', (number, incarnation) => {
      const pod = this.pods[number] as StaticPod;
      if (pod.isRunning && parts.table.incarnation[pod.slot] === incarnation) pod.process.start();
    });
  }

  // ---- the node ------------------------------------------------------------------------------------------------------------------

  /** A pod that has been running on its node since before the run, with its mirror pod in the API. */
  adopt(kubelet: Kubelet, slot: number, process: StaticProcess): void {
    const { table } = this.parts;
    const pod: StaticPod = {
      kubelet,
      key: table.key[slot] as ObjectKey,
      template: table.template[slot] as PodTemplate,
      process,
      slot,
      staleMirror: 0,
      isOutdated: false,
      isCreated: false,
      isMirroring: false,
      isRunning: true,
    };
    this.pods.push(pod);
    this.bySlot.set(slot, pod);
    pod.process.supervise(() => {
      if (pod.isRunning) this.parts.workers.endContainers(pod.slot);
    });
  }

  /** A new process of the kubelet reads its directory: what runs is gone on with, before the API server is asked anything. */
  resume(kubelet: Kubelet): void {
    for (const pod of this.of(kubelet)) {
      if (!kubelet.orphans.delete(pod.slot)) continue;
      this.parts.workers.readopt(pod.slot);
      if (pod.isOutdated) this.replace(pod);
      this.mirror(pod);
    }
  }

  /** The machine has lost power. */
  lose(kubelet: Kubelet): void {
    for (const pod of this.of(kubelet)) {
      pod.isRunning = false;
      pod.process.kill();
      this.bySlot.delete(pod.slot);
      pod.slot = -1;
    }
  }

  /** The machine has booted: its kubelet finds the manifests. The mirror pods that the API has are of the pods of before. */
  boot(kubelet: Kubelet): void {
    for (const pod of this.of(kubelet)) this.begin(pod);
  }

  private of(kubelet: Kubelet): StaticPod[] {
    return this.pods.filter((pod) => pod.kubelet === kubelet);
  }

  private begin(pod: StaticPod): void {
    const { table, workers } = this.parts;
    const slot = table.allocate(pod.key, 0, pod.kubelet.index, pod.template);
    table.isStatic[slot] = 1;
    table.createdAt[slot] = this.simulation.now;
    pod.slot = slot;
    pod.isOutdated = false;
    pod.kubelet.pods.set(pod.key, slot);
    this.bySlot.set(slot, pod);
    workers.begin(slot, true);
    this.mirror(pod);
  }

  // ---- manifests -------------------------------------------------------------------------------------------------------------------

  /** Somebody changes the manifest of a component on a node. Returns whether the node has it. */
  changeManifest(kubelet: Kubelet, component: string): boolean {
    const pod = this.of(kubelet).find((pod) => pod.process.component === component);
    if (pod === undefined) return false;
    pod.isOutdated = true;
    if (kubelet.isRunning) this.replace(pod);
    return true;
  }

  private replace(pod: StaticPod): void {
    if (pod.slot < 0) return;
    pod.process.stop();
    this.parts.workers.stop(pod.slot);
  }

  /** Nothing is left of a static pod on its node: the one of the changed manifest begins. */
  finished(slot: number): void {
    const pod = this.bySlot.get(slot);
    if (pod === undefined) return;
    pod.staleMirror = this.parts.table.uid[slot] as number;
    this.bySlot.delete(slot);
    this.parts.workers.forget(slot);
    this.begin(pod);
  }

  // ---- processes -------------------------------------------------------------------------------------------------------------------

  /** A container of a static pod has started or ended in the runtime. */
  changed(slot: number): void {
    const pod = this.bySlot.get(slot);
    if (pod === undefined) return;
    const upAt = this.parts.workers.upAt(slot);
    if (upAt === undefined) {
      pod.isRunning = false;
      pod.process.kill();
    } else if (!pod.isRunning) {
      pod.isRunning = true;
      const number = this.pods.indexOf(pod);
      this.simulation.at(
        Math.max(upAt, this.simulation.now) as SimTime,
        this.evUp,
        number,
        this.parts.table.incarnation[slot] as number,
      );
    }
  }

  // ---- mirror pods -----------------------------------------------------------------------------------------------------------------

  /** The API has another version of the mirror pod of a slot; NO_VERSION = it is gone. */
  mirrorChanged(slot: number, version: VersionHandle): void {
    const pod = this.bySlot.get(slot);
    if (pod === undefined) return;
    const { table, statuses } = this.parts;
    const { pods } = this.clientGo.tables;
    const uid = version === NO_VERSION ? 0 : pods.uid.get(version);
    pod.isCreated = false;
    if (version !== NO_VERSION && (pods.isTerminating(version) || uid === pod.staleMirror)) {
      pod.staleMirror = uid;
      table.uid[slot] = 0;
    } else if (uid !== table.uid[slot]) {
      table.uid[slot] = uid;
      if (uid !== 0) statuses.update(slot);
    } else if (uid !== 0 && this.isCalledUnready(slot, version)) statuses.reconcile(slot);
    this.mirror(pod);
  }

  private isCalledUnready(slot: number, version: VersionHandle): boolean {
    const { conditions, dirty } = this.parts.table;
    const isReady = ((conditions[slot] as number) & PodCondition.Ready) !== 0;
    return isReady && dirty[slot] === 0 && !this.clientGo.tables.pods.isReady(version);
  }

  /** Has the mirror pod of a pod made, and the one of before deleted, if that is needed and nobody is at it. */
  private mirror(pod: StaticPod): void {
    const isThere = this.parts.table.uid[pod.slot] !== 0 || pod.isCreated;
    if (pod.isMirroring || (isThere && pod.staleMirror === 0) || !pod.kubelet.isRunning) return;
    this.simulation.processes.spawn('mirror pod', this.reconcile(pod));
  }

  private *reconcile(pod: StaticPod): Process {
    const { kubelet } = pod;
    const { epoch } = kubelet;
    const { table } = this.parts;
    pod.isMirroring = true;
    while (kubelet.epoch === epoch && pod.slot >= 0) {
      const isDone = pod.staleMirror === 0 ? yield* this.create(pod) : yield* this.deleteStale(pod);
      if (kubelet.epoch !== epoch) break;
      if ((table.uid[pod.slot] !== 0 || pod.isCreated) && pod.staleMirror === 0) break;
      if (!isDone) yield this.parameters.podWorkerBackoff;
    }
    pod.isMirroring = false;
  }

  private *deleteStale(pod: StaticPod): Generator<number, boolean, number> {
    const { client } = pod.kubelet;
    const { requests } = this.clientGo;
    const uid = pod.staleMirror;
    const code = requests.code[yield* client.call(client.deletion(kinds.pods, pod.key, uid, true))] as number;
    const isGone = isSuccess(code) || code === StatusCode.NotFound || code === StatusCode.Conflict;
    if (isGone && pod.staleMirror === uid) pod.staleMirror = 0;
    return isGone;
  }

  private *create(pod: StaticPod): Generator<number, boolean, number> {
    const { client, nodeKey } = pod.kubelet;
    const { requests, tables } = this.clientGo;
    const post = client.write(writes.podCreate, pod.key);
    requests.setNumber(post, 0, -1);
    requests.setNumber(post, 1, nodeKey);
    requests.object[post] = pod.template;
    const code = requests.code[yield* client.call(post)] as number;
    pod.isCreated = isSuccess(code);
    if (code !== StatusCode.Conflict) return pod.isCreated;
    // One is there already, of the pod of before: it makes room.
    const read = client.read(kinds.pods, pod.key);
    requests.flags[read] = RequestFlag.FromCache;
    const found = yield* client.call(read);
    if (requests.code[found] === StatusCode.Ok) pod.staleMirror = tables.pods.uid.get(requests.resultOf(found));
    return pod.staleMirror !== 0;
  }
}
