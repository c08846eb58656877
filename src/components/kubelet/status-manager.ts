/**
 * The kubelet's status manager: one goroutine per node writes the pods' statuses, each as GET pod and PATCH pods/status, and deletes a pod
 * for good once nothing of it is left on the node (GET and DELETE with grace 0 and the pod's UID). K:pkg/kubelet/status/status_manager.go.
 */
import { kinds, type ObjectKey } from '../../cluster/index.ts';
import { Occupancy } from '../../engine/index.ts';
import { FLOW_POD_STARTUP, publishServer } from '../../metrics/index.ts';
import { isSuccess, type RequestId, StatusCode, writes } from '../api-machinery/index.ts';
import type { ClientGo } from '../client-go/index.ts';
import type { Kubelet } from './kubelet.ts';
import type { PodTable } from './pod-table.ts';

/** Status writes of all kubelets. */
export class StatusManager {
  private readonly clientGo: ClientGo;
  private readonly table: PodTable;
  private readonly kubelets: readonly Kubelet[];
  /** Told when a pod is gone from the API, so that the node forgets it. */
  private readonly onGone: (slot: number) => void;
  private readonly onRead: number;
  private readonly onPatched: number;
  private readonly onDeleted: number;
  private readonly waitServer: number;
  private readonly startup: number;
  /** Kubelets that are writing a status. */
  private readonly writers: Occupancy;
  /** When a slot was queued [ns]. */
  private readonly queuedAt: number[] = [];

  constructor(clientGo: ClientGo, table: PodTable, kubelets: readonly Kubelet[], onGone: (slot: number) => void) {
    this.clientGo = clientGo;
    this.table = table;
    this.kubelets = kubelets;
    this.onGone = onGone;
    this.onRead = clientGo.onReplyDo((request, slot) => this.read(request, slot));
    this.onPatched = clientGo.onReplyDo((request, slot) => this.patched(request, slot));
    this.onDeleted = clientGo.onReplyDo((request, slot) => this.deleted(request, slot));
    this.waitServer = clientGo.waits.server('kubelet status manager', 'server');
    this.startup = clientGo.waits.flow(FLOW_POD_STARTUP);
    this.writers = new Occupancy(clientGo.simulation);
    publishServer(clientGo.recorder, clientGo.simulation, 'kubelet status manager', () => ({
      busyNanoseconds: this.writers.busyNanoseconds(),
      capacity: Math.max(1, kubelets.length),
      queueLength: kubelets.reduce((sum, kubelet) => sum + kubelet.statusQueue.length, this.writers.busy),
    }));
  }

  /** The node has lost power: what waits is lost. */
  interrupt(kubelet: Kubelet): void {
    kubelet.statusQueue.length = 0;
    if (kubelet.writingStatus) this.writers.change(-1);
    kubelet.writingStatus = false;
  }

  /** The status of a pod has changed, or it may be deleted: write it when its turn comes. */
  update(slot: number): void {
    const { table } = this;
    table.dirty[slot] = 1;
    if (table.queued[slot] === 1) return;
    const kubelet = this.kubelets[table.node[slot] as number] as Kubelet;
    table.queued[slot] = 1;
    this.queuedAt[slot] = this.clientGo.simulation.now;
    kubelet.statusQueue.push(slot);
    if (!kubelet.writingStatus) this.next(kubelet);
  }

  /** The next pod in turn. */
  private next(kubelet: Kubelet): void {
    const { table, clientGo } = this;
    for (;;) {
      const slot = kubelet.statusQueue.shift();
      if (slot === undefined) {
        if (kubelet.writingStatus) this.writers.change(-1);
        kubelet.writingStatus = false;
        return;
      }
      if (table.gone[slot] === 1 || table.queued[slot] === 0) continue;
      table.queued[slot] = 0;
      if (!kubelet.writingStatus) this.writers.change(1);
      kubelet.writingStatus = true;
      const waited = clientGo.simulation.now - (this.queuedAt[slot] as number);
      clientGo.waits.passed(this.waitServer, waited);
      clientGo.waits.add(this.startup, this.waitServer, waited);
      table.requestSent(slot);
      kubelet.client.send(kubelet.client.read(kinds.pods, table.key[slot] as ObjectKey), this.onRead, slot);
      return;
    }
  }

  private read(request: RequestId, slot: number): void {
    const { table, clientGo } = this;
    const kubelet = this.kubelets[table.node[slot] as number] as Kubelet;
    const { requests, tables } = clientGo;
    const code = requests.code[request] as number;
    const result = requests.resultOf(request);
    if (!table.requestReturned(slot)) {
      this.next(kubelet);
    } else if (code === StatusCode.NotFound || (isSuccess(code) && tables.pods.uid.get(result) !== table.uid[slot])) {
      this.onGone(slot);
      this.next(kubelet);
    } else if (!isSuccess(code)) {
      this.next(kubelet);
      this.update(slot);
    } else if (table.dirty[slot] === 1) {
      this.patch(kubelet, slot);
    } else {
      this.deleteIfAllowed(kubelet, slot);
    }
  }

  private patch(kubelet: Kubelet, slot: number): void {
    const { table, clientGo } = this;
    const { requests } = clientGo;
    table.dirty[slot] = 0;
    const request = kubelet.client.write(writes.podStatus, table.key[slot] as ObjectKey);
    requests.setNumber(request, 0, table.phase[slot] as number);
    requests.setNumber(request, 1, table.conditions[slot] as number);
    requests.setNumber(request, 2, table.reason[slot] as number);
    requests.setNumber(request, 3, table.hasIp[slot] as number);
    requests.setNumber(request, 4, table.runningAt[slot] as number);
    requests.expectedUid[request] = table.uid[slot] as number;
    table.requestSent(slot);
    kubelet.client.send(request, this.onPatched, slot);
  }

  private patched(request: RequestId, slot: number): void {
    const { table, clientGo } = this;
    const kubelet = this.kubelets[table.node[slot] as number] as Kubelet;
    const code = clientGo.requests.code[request] as number;
    const isThere = table.requestReturned(slot);
    if (isThere && code !== StatusCode.NotFound && !isSuccess(code)) this.update(slot);
    else if (isThere && table.deletable[slot] === 1) this.allowDeletion(slot);
    this.next(kubelet);
  }

  /** The pod may be deleted for good: nothing of it is left on the node and its last status is written. */
  allowDeletion(slot: number): void {
    this.table.deletable[slot] = 1;
    const dirty = this.table.dirty[slot] as number;
    this.update(slot);
    this.table.dirty[slot] = dirty;
  }

  private deleteIfAllowed(kubelet: Kubelet, slot: number): void {
    const { table } = this;
    if (table.deletable[slot] === 0) {
      this.next(kubelet);
      return;
    }
    table.requestSent(slot);
    const request = kubelet.client.deletion(kinds.pods, table.key[slot] as ObjectKey, table.uid[slot] as number, true);
    kubelet.client.send(request, this.onDeleted, slot);
  }

  private deleted(request: RequestId, slot: number): void {
    const { table, clientGo } = this;
    const kubelet = this.kubelets[table.node[slot] as number] as Kubelet;
    const code = clientGo.requests.code[request] as number;
    if (table.requestReturned(slot)) {
      if (isSuccess(code) || code === StatusCode.NotFound || code === StatusCode.Conflict) this.onGone(slot);
      else this.allowDeletion(slot);
    }
    this.next(kubelet);
  }
}
