/**
 * Heartbeats of the nodes: leases renewed every ten seconds with jitter, and the node status every five minutes.
 * K:staging/component-helpers/apimachinery/lease/controller.go, K:pkg/kubelet/kubelet_node_status.go.
 */
import { ConditionStatus, kinds } from '../../cluster/index.ts';
import type { EventType, KeyedStream, Simulation, ValuesOf } from '../../engine/index.ts';
import { nanoseconds } from '../../units/index.ts';
import { isSuccess, type RequestId, StatusCode, writes } from '../api-machinery/index.ts';
import type { ClientGo } from '../client-go/index.ts';
import type { kubeletParameters } from './kubelet.parameters.ts';
import type { Kubelet } from './kubelet.ts';

/** Lease renewals and status reports of all kubelets. */
export class Heartbeats {
  private readonly clientGo: ClientGo;
  private readonly simulation: Simulation;
  private readonly parameters: ValuesOf<typeof kubeletParameters>;
  private readonly kubelets: readonly Kubelet[];
  private readonly evRenew: EventType;
  private readonly evReport: EventType;
  private readonly onRenewed: number;
  private readonly onReported: number;
  private readonly onLeaseRead: number;
  /** Jitters by node and instant: when a neighbour draws does not matter. */
  private readonly jitter: KeyedStream;

  constructor(clientGo: ClientGo, parameters: ValuesOf<typeof kubeletParameters>, kubelets: readonly Kubelet[]) {
    const { simulation } = clientGo;
    this.clientGo = clientGo;
    this.simulation = simulation;
    this.parameters = parameters;
    this.kubelets = kubelets;
    this.evRenew = simulation.on('kubelet: renew lease', (kubelet, epoch) => this.renew(kubelet, epoch));
    this.evReport = simulation.on('kubelet: report node status', (kubelet, epoch) => this.report(kubelet, epoch));
    this.onRenewed = clientGo.onReplyDo((request, kubelet) => this.renewed(request, kubelet));
    this.onReported = clientGo.onReplyDo(() => {});
    this.onLeaseRead = clientGo.onReplyDo((request, kubelet) => this.leaseRead(request, kubelet));
    this.jitter = simulation.streams.keyed('kubelet.heartbeats');
  }

  /** Starts with a lease that exists; `elapsed` = share of the first pause that is over, drawn for nodes that were there before the run. */
  start(kubelet: Kubelet, elapsed: number): void {
    const { simulation, parameters } = this;
    const first = parameters.leaseRenewInterval * (1 - elapsed);
    simulation.after(nanoseconds(first), this.evRenew, kubelet.index, kubelet.epoch);
    const phase = this.jitter.uniform(kubelet.index, -1 - kubelet.epoch);
    simulation.after(
      nanoseconds(parameters.nodeStatusReportFrequency * phase),
      this.evReport,
      kubelet.index,
      kubelet.epoch,
    );
  }

  private renew(index: number, epoch: number): void {
    const kubelet = this.kubelets[index] as Kubelet;
    if (epoch !== kubelet.epoch || !kubelet.isUp) return;
    const { requests } = this.clientGo;
    if (kubelet.leaseRevision === 0) {
      kubelet.heartbeatClient.send(
        kubelet.heartbeatClient.read(kinds.leases, kubelet.leaseKey),
        this.onLeaseRead,
        index,
      );
      return;
    }
    const request = kubelet.heartbeatClient.write(writes.leaseRenew, kubelet.leaseKey);
    requests.setNumber(request, 0, this.simulation.now);
    requests.expectedRevision[request] = kubelet.leaseRevision;
    kubelet.heartbeatClient.send(request, this.onRenewed, index);
  }

  private renewed(request: RequestId, index: number): void {
    const kubelet = this.kubelets[index] as Kubelet;
    if (!kubelet.isUp) return;
    const { requests } = this.clientGo;
    if (isSuccess(requests.code[request] as number)) {
      kubelet.leaseRevision = requests.resultRevision[request] as number;
      kubelet.leaseFailures = 0;
      const stretch = 1 + this.parameters.leaseRenewJitter * this.jitter.uniform(index, this.simulation.now);
      this.simulation.after(
        nanoseconds(this.parameters.leaseRenewInterval * stretch),
        this.evRenew,
        index,
        kubelet.epoch,
      );
      return;
    }
    // A conflict says that the lease is not the one last seen: it is read anew. So it is after any other failure.
    kubelet.leaseRevision = 0;
    this.tryAgain(kubelet);
  }

  private leaseRead(request: RequestId, index: number): void {
    const kubelet = this.kubelets[index] as Kubelet;
    if (!kubelet.isUp) return;
    const { requests } = this.clientGo;
    if (requests.code[request] === StatusCode.Ok) {
      const result = requests.resultOf(request);
      kubelet.leaseRevision = this.clientGo.tables.leases.revision.get(result);
      this.renew(index, kubelet.epoch);
    } else {
      this.tryAgain(kubelet);
    }
  }

  private tryAgain(kubelet: Kubelet): void {
    const { leaseBackoff, leaseBackoffMaximum } = this.parameters;
    const pause = Math.min(leaseBackoff * 2 ** kubelet.leaseFailures, leaseBackoffMaximum);
    kubelet.leaseFailures++;
    this.simulation.after(nanoseconds(pause), this.evRenew, kubelet.index, kubelet.epoch);
  }

  private report(index: number, epoch: number): void {
    const kubelet = this.kubelets[index] as Kubelet;
    if (epoch !== kubelet.epoch || !kubelet.isUp) return;
    this.sendReady(kubelet);
    this.simulation.after(this.parameters.nodeStatusReportFrequency, this.evReport, index, epoch);
  }

  /** PATCH nodes/status: Ready. */
  sendReady(kubelet: Kubelet): void {
    const request = kubelet.client.write(writes.nodeStatus, kubelet.nodeKey);
    this.clientGo.requests.setNumber(request, 0, ConditionStatus.True);
    this.clientGo.requests.setNumber(request, 1, this.simulation.now);
    kubelet.client.send(request, this.onReported);
  }
}
