/**
 * The kubelet's status manager: one goroutine per node writes the pods' statuses, each as GET pod and PATCH pods/status, and deletes a pod
 * for good once nothing of it is left on the node (DELETE with grace 0 and the pod's UID). K:pkg/kubelet/status/status_manager.go.
 * What could not be written is sent again when the status of any pod of the node changes, or with the pass every ten seconds.
 */
import { kinds, type ObjectKey, type VersionHandle } from '../../cluster/index.ts';
import { type EventType, Occupancy, type ValuesOf } from '../../engine/index.ts';
import { FLOW_POD_STARTUP, publishServer } from '../../metrics/index.ts';
import { nanoseconds, plus } from '../../units/index.ts';
import {
  isSuccess,
  PodStatusNumber,
  type RequestId,
  StatusCode,
  saysNothingNew,
  writes,
} from '../api-machinery/index.ts';
import type { ClientGo } from '../client-go/index.ts';
import type { kubeletParameters } from './kubelet.parameters.ts';
import type { Kubelet } from './kubelet.ts';
import { epochOf, slotContext, slotOf } from './kubelet-context.ts';
import type { PodTable } from './pod-table.ts';

/** Who is told what became of a pod's status. */
export interface StatusListener {
  /** The pod is gone from the API: the node forgets it. */
  gone(slot: number): void;
  /** The status as it stands in the table, or stood when it was sent, is in the API. */
  written(slot: number): void;
  /** Nothing of a static pod is left on its node. */
  finished(slot: number): void;
}

/** Status writes of all kubelets. */
export class StatusManager {
  private readonly clientGo: ClientGo;
  private readonly parameters: ValuesOf<typeof kubeletParameters>;
  private readonly table: PodTable;
  private readonly kubelets: readonly Kubelet[];
  private readonly listener: StatusListener;
  private readonly onRead: number;
  private readonly onPatched: number;
  private readonly onDeleted: number;
  private readonly evPass: EventType;
  private readonly waitServer: number;
  private readonly startup: number;
  /** Kubelets that are writing a status. */
  private readonly writers: Occupancy;
  /** Statuses that wait in all kubelets, state. */
  private queued = 0;
  /** When a slot was queued [ns]. */
  private readonly queuedAt: number[] = [];

  constructor(
    clientGo: ClientGo,
    parameters: ValuesOf<typeof kubeletParameters>,
    table: PodTable,
    kubelets: readonly Kubelet[],
    listener: StatusListener,
  ) {
    this.clientGo = clientGo;
    this.parameters = parameters;
    this.table = table;
    this.kubelets = kubelets;
    this.listener = listener;
    this.onRead = clientGo.onReplyDo((request, context) => this.read(request, context));
    this.onPatched = clientGo.onReplyDo((request, context) => this.patched(request, context));
    this.onDeleted = clientGo.onReplyDo((request, context) => this.deleted(request, context));
    this.evPass = clientGo.simulation.on('kubelet: status pass', (kubelet, epoch) => this.onPass(kubelet, epoch));
    this.waitServer = clientGo.waits.server('kubelet status manager', 'server');
    this.startup = clientGo.waits.flow(FLOW_POD_STARTUP);
    this.writers = new Occupancy(clientGo.simulation);
    publishServer(clientGo.recorder, clientGo.simulation, 'kubelet status manager', () => ({
      busyNanoseconds: this.writers.busyNanoseconds(),
      capacity: Math.max(1, kubelets.length),
      queueLength: this.queued,
    }));
  }

  /** The node has lost power: what waits is lost. */
  interrupt(kubelet: Kubelet): void {
    this.queued -= kubelet.statusQueue.length;
    for (const slot of [...kubelet.statusQueue, ...kubelet.failedStatuses]) this.table.release(slot);
    kubelet.statusQueue.length = 0;
    kubelet.failedStatuses.length = 0;
    this.rest(kubelet);
  }

  /** The status of a pod has changed: it is written when its turn comes. */
  update(slot: number): void {
    this.table.dirty[slot] = 1;
    this.enqueue(slot);
  }

  /** The pod may be deleted for good: nothing of it is left on the node, and its last status is written or waits before this. */
  allowDeletion(slot: number): void {
    if (this.table.isStatic[slot] === 1) {
      this.listener.finished(slot);
      return;
    }
    this.table.deletable[slot] = 1;
    this.enqueue(slot);
  }

  /** The API has another status than it was given: it is written again with the next pass (needsReconcile). */
  reconcile(slot: number): void {
    this.table.dirty[slot] = 1;
    this.tryWithNextPass(this.kubeletOf(slot), slot);
  }

  private enqueue(slot: number): void {
    const { table } = this;
    const kubelet = this.kubeletOf(slot);
    this.tryAgain(kubelet);
    if (table.queued[slot] === 1) return;
    table.queued[slot] = 1;
    this.queuedAt[slot] = this.clientGo.simulation.now;
    table.hold(slot);
    kubelet.statusQueue.push(slot);
    this.queued++;
    if (kubelet.syncedSlot < 0) this.next(kubelet);
  }

  // ---- syncPod -------------------------------------------------------------------------------------------------------------------

  /** The next pod in turn. */
  private next(kubelet: Kubelet): void {
    const { table, clientGo } = this;
    for (;;) {
      const slot = kubelet.statusQueue.shift();
      if (slot !== undefined) this.queued--;
      if (slot === undefined) {
        this.rest(kubelet);
        return;
      }
      if (!table.release(slot)) continue;
      table.queued[slot] = 0;
      // A static pod without a mirror pod is told of once there is one.
      if (table.isStatic[slot] === 1 && table.uid[slot] === 0) continue;
      if (kubelet.syncedSlot < 0) this.writers.change(1);
      kubelet.syncedSlot = slot;
      // A pod that is finished only after this sync began is deleted by another one.
      kubelet.syncedIsFinished = table.deletable[slot] === 1;
      const waited = clientGo.simulation.now - (this.queuedAt[slot] as number);
      clientGo.waits.passed(this.waitServer, waited);
      clientGo.waits.add(this.startup, this.waitServer, waited);
      this.send(kubelet, kubelet.client.read(kinds.pods, table.key[slot] as ObjectKey), this.onRead, slot);
      return;
    }
  }

  private rest(kubelet: Kubelet): void {
    if (kubelet.syncedSlot >= 0) this.writers.change(-1);
    kubelet.syncedSlot = -1;
  }

  private read(request: RequestId, context: number): void {
    const slot = slotOf(context);
    const { table, clientGo } = this;
    const { requests, tables } = clientGo;
    const kubelet = this.returned(context);
    if (kubelet === undefined) return;
    const code = requests.code[request] as number;
    const isOther = isSuccess(code) && tables.pods.uid.get(requests.resultOf(request)) !== table.uid[slot];
    if (table.gone[slot] === 1) {
      this.next(kubelet);
    } else if (code === StatusCode.NotFound || isOther) {
      if (table.isStatic[slot] === 0) this.listener.gone(slot);
      this.next(kubelet);
    } else if (!isSuccess(code)) {
      this.failed(kubelet, slot);
    } else if (table.dirty[slot] === 1) {
      this.patch(kubelet, slot, requests.resultOf(request));
    } else {
      this.deleteIfFinished(kubelet, slot);
    }
  }

  /** A status that says nothing new, as after a restart of the kubelet, is not sent. */
  private patch(kubelet: Kubelet, slot: number, stored: VersionHandle): void {
    const { table, clientGo } = this;
    const { requests, tables } = clientGo;
    table.dirty[slot] = 0;
    const request = kubelet.client.write(writes.podStatus, table.key[slot] as ObjectKey);
    requests.setNumber(request, PodStatusNumber.Phase, table.phase[slot] as number);
    requests.setNumber(request, PodStatusNumber.Conditions, table.conditions[slot] as number);
    requests.setNumber(request, PodStatusNumber.Reason, table.reason[slot] as number);
    requests.setNumber(request, PodStatusNumber.HasIp, table.hasIp[slot] as number);
    requests.setNumber(request, PodStatusNumber.RunningAt, table.runningAt[slot] as number);
    requests.setNumber(request, PodStatusNumber.Containers, table.containerDigest[slot] as number);
    requests.setNumber(request, PodStatusNumber.Restarts, table.restarts[slot] as number);
    requests.setNumber(request, PodStatusNumber.SidecarRestarts, table.sidecarRestarts[slot] as number);
    requests.expectedUid[request] = table.uid[slot] as number;
    if (saysNothingNew(tables.pods, stored, requests, request)) {
      requests.release(request);
      this.settled(kubelet, slot);
    } else this.send(kubelet, request, this.onPatched, slot);
  }

  private patched(request: RequestId, context: number): void {
    const slot = slotOf(context);
    const { table, clientGo } = this;
    const kubelet = this.returned(context);
    if (kubelet === undefined) return;
    const code = clientGo.requests.code[request] as number;
    if (table.gone[slot] === 1 || code === StatusCode.NotFound) {
      this.next(kubelet);
    } else if (!isSuccess(code)) {
      table.dirty[slot] = 1;
      this.failed(kubelet, slot);
    } else this.settled(kubelet, slot);
  }

  /** The API has the status. */
  private settled(kubelet: Kubelet, slot: number): void {
    this.listener.written(slot);
    this.deleteIfFinished(kubelet, slot);
  }

  private deleteIfFinished(kubelet: Kubelet, slot: number): void {
    const { table } = this;
    if (!kubelet.syncedIsFinished) {
      this.next(kubelet);
      return;
    }
    const request = kubelet.client.deletion(kinds.pods, table.key[slot] as ObjectKey, table.uid[slot] as number, true);
    this.send(kubelet, request, this.onDeleted, slot);
  }

  private deleted(request: RequestId, context: number): void {
    const slot = slotOf(context);
    const { table, clientGo } = this;
    const kubelet = this.returned(context);
    if (kubelet === undefined) return;
    const code = clientGo.requests.code[request] as number;
    if (table.gone[slot] === 1) {
      this.next(kubelet);
    } else if (isSuccess(code) || code === StatusCode.NotFound || code === StatusCode.Conflict) {
      this.listener.gone(slot);
      this.next(kubelet);
    } else {
      this.failed(kubelet, slot);
    }
  }

  // ---- failures ------------------------------------------------------------------------------------------------------------------

  private failed(kubelet: Kubelet, slot: number): void {
    this.tryWithNextPass(kubelet, slot);
    this.next(kubelet);
  }

  private tryWithNextPass(kubelet: Kubelet, slot: number): void {
    if (kubelet.failedStatuses.length === 0) {
      const { now } = this.clientGo.simulation;
      const pass = kubelet.nextTick(plus(now, nanoseconds(1)), this.parameters.statusSyncPeriod);
      this.clientGo.simulation.at(pass, this.evPass, kubelet.index, kubelet.epoch);
    }
    this.table.hold(slot);
    kubelet.failedStatuses.push(slot);
  }

  private onPass(index: number, epoch: number): void {
    const kubelet = this.kubelets[index] as Kubelet;
    if (kubelet.epoch === epoch) this.tryAgain(kubelet);
  }

  /** Whatever failed gets in line again. */
  private tryAgain(kubelet: Kubelet): void {
    if (kubelet.failedStatuses.length === 0) return;
    for (const slot of kubelet.failedStatuses.splice(0)) if (this.table.release(slot)) this.enqueue(slot);
  }

  // ---- small parts ---------------------------------------------------------------------------------------------------------------

  private send(kubelet: Kubelet, request: RequestId, reply: number, slot: number): void {
    this.table.hold(slot);
    kubelet.client.send(request, reply, slotContext(slot, kubelet.epoch));
  }

  /** The kubelet of an answer; undefined if its process has ended since it asked. */
  private returned(context: number): Kubelet | undefined {
    const slot = slotOf(context);
    const kubelet = this.kubeletOf(slot);
    this.table.release(slot);
    return kubelet.epoch === epochOf(context) ? kubelet : undefined;
  }

  private kubeletOf(slot: number): Kubelet {
    return this.kubelets[this.table.node[slot] as number] as Kubelet;
  }
}
