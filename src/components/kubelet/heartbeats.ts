/**
 * Heartbeats of the nodes: leases renewed every ten seconds with jitter, and the node status every five minutes.
 * K:staging/component-helpers/apimachinery/lease/controller.go, K:pkg/kubelet/kubelet_node_status.go.
 *
 * A renewal is a PUT on the lease as last seen. A conflict has the lease read anew at once; any other failure has the PUT tried again at
 * once, and after five failures in a row the lease is read with growing pauses and the PUT tried five times more; then the round is over,
 * and the next one comes after the interval. A lease that does not exist is created.
 */
import { ConditionStatus, kinds } from '../../cluster/index.ts';
import type { EventType, KeyedStream, Simulation, ValuesOf } from '../../engine/index.ts';
import { nanoseconds } from '../../units/index.ts';
import { isSuccess, type RequestId, StatusCode, writes } from '../api-machinery/index.ts';
import type { ClientGo } from '../client-go/index.ts';
import type { kubeletParameters } from './kubelet.parameters.ts';
import type { Kubelet } from './kubelet.ts';

/** Kubelets that fit into a request's context, beside the epoch in which the request was sent. */
const KUBELET_NUMBERS = 2 ** 24;
/** The delay after a status that changed is uniform around the reporting period, by half of it to both sides (calculateDelay). */
const REPORT_SPREAD = 0.5;

/** Lease renewals and status reports of all kubelets. */
export class Heartbeats {
  private readonly clientGo: ClientGo;
  private readonly simulation: Simulation;
  private readonly parameters: ValuesOf<typeof kubeletParameters>;
  private readonly kubelets: readonly Kubelet[];
  private readonly evRenew: EventType;
  private readonly evRead: EventType;
  private readonly evReport: EventType;
  private readonly evReportAgain: EventType;
  private readonly onRenewed: number;
  private readonly onReported: number;
  private readonly onLeaseRead: number;
  private readonly onOwnerRead: number;
  private readonly onCreated: number;
  /** Jitters by node and instant: when a neighbour draws does not matter. */
  private readonly jitter: KeyedStream;

  constructor(clientGo: ClientGo, parameters: ValuesOf<typeof kubeletParameters>, kubelets: readonly Kubelet[]) {
    const { simulation } = clientGo;
    this.clientGo = clientGo;
    this.simulation = simulation;
    this.parameters = parameters;
    this.kubelets = kubelets;
    this.evRenew = simulation.on('kubelet: renew lease', (kubelet, epoch) => this.renew(kubelet, epoch));
    this.evRead = simulation.on('kubelet: read lease', (kubelet, epoch) => this.read(kubelet, epoch));
    this.evReport = simulation.on('kubelet: report node status', (kubelet, epoch) => this.report(kubelet, epoch));
    this.evReportAgain = simulation.on('kubelet: report node status again', (index, epoch) => {
      const kubelet = kubelets[index] as Kubelet;
      if (epoch === kubelet.epoch) this.patchStatus(kubelet);
    });
    this.onRenewed = this.onAnswer((request, kubelet) => this.renewed(request, kubelet));
    this.onLeaseRead = this.onAnswer((request, kubelet) => this.leaseRead(request, kubelet));
    this.onOwnerRead = this.onAnswer((request, kubelet) => this.ownerRead(request, kubelet));
    this.onCreated = this.onAnswer((request, kubelet) => this.created(request, kubelet));
    this.onReported = this.onAnswer((request, kubelet) => this.reported(request, kubelet));
    this.jitter = simulation.streams.keyed('kubelet.heartbeats');
  }

  // ---- leases --------------------------------------------------------------------------------------------------------------------

  /** Starts with a lease that was there before the run; `elapsed` = share of the first pause that is over. */
  startPreloaded(kubelet: Kubelet, elapsed: number): void {
    const first = this.parameters.leaseRenewInterval * (1 - elapsed);
    this.simulation.after(nanoseconds(first), this.evRenew, kubelet.index, kubelet.epoch);
    const phase = this.jitter.uniform(kubelet.index, -1);
    this.planReport(kubelet, this.parameters.nodeStatusReportFrequency * phase);
  }

  /** Starts as a process that knows nothing: it reads its lease, and creates it if there is none. */
  start(kubelet: Kubelet): void {
    kubelet.leaseRevision = 0;
    kubelet.leaseFailures = 0;
    this.reread(kubelet);
  }

  /** The lease has to be known before it can be renewed. */
  private reread(kubelet: Kubelet): void {
    kubelet.leaseIsReread = true;
    kubelet.leaseReadFailures = 0;
    this.read(kubelet.index, kubelet.epoch);
  }

  private renew(index: number, epoch: number): void {
    const kubelet = this.kubelets[index] as Kubelet;
    if (epoch !== kubelet.epoch) return;
    const { requests } = this.clientGo;
    const request = kubelet.heartbeatClient.write(writes.leaseRenew, kubelet.leaseKey);
    requests.setNumber(request, 0, this.simulation.now);
    requests.expectedRevision[request] = kubelet.leaseRevision;
    this.send(kubelet, request, this.onRenewed);
  }

  private renewed(request: RequestId, kubelet: Kubelet): void {
    const { requests } = this.clientGo;
    const code = requests.code[request] as number;
    if (isSuccess(code)) {
      this.hold(kubelet, requests.resultRevision[request] as number);
      return;
    }
    kubelet.leaseFailures++;
    if (kubelet.leaseFailures >= this.parameters.leaseMaxRetries) {
      kubelet.leaseFailures = 0;
      if (kubelet.leaseIsReread) this.renewLater(kubelet);
      else this.reread(kubelet);
    } else if (code === StatusCode.Conflict) {
      kubelet.leaseReadFailures = 0;
      this.read(kubelet.index, kubelet.epoch);
    } else {
      this.renew(kubelet.index, kubelet.epoch);
    }
  }

  /** The lease is renewed or created. */
  private hold(kubelet: Kubelet, revision: number): void {
    kubelet.leaseRevision = revision;
    this.renewLater(kubelet);
  }

  /** This round is over: the next one comes after the interval and its jitter. */
  private renewLater(kubelet: Kubelet): void {
    kubelet.leaseFailures = 0;
    kubelet.leaseIsReread = false;
    const { leaseRenewInterval, leaseRenewJitter } = this.parameters;
    const stretch = 1 + leaseRenewJitter * this.jitter.uniform(kubelet.index, this.simulation.now);
    this.simulation.after(nanoseconds(leaseRenewInterval * stretch), this.evRenew, kubelet.index, kubelet.epoch);
  }

  private read(index: number, epoch: number): void {
    const kubelet = this.kubelets[index] as Kubelet;
    if (epoch !== kubelet.epoch) return;
    this.send(kubelet, kubelet.heartbeatClient.read(kinds.leases, kubelet.leaseKey), this.onLeaseRead);
  }

  private leaseRead(request: RequestId, kubelet: Kubelet): void {
    const { requests, tables } = this.clientGo;
    const code = requests.code[request] as number;
    if (code === StatusCode.Ok) {
      kubelet.leaseRevision = tables.leases.revision.get(requests.resultOf(request));
      this.renew(kubelet.index, kubelet.epoch);
    } else if (code === StatusCode.NotFound) {
      // A lease names its node as its owner, by the node's UID.
      this.send(kubelet, kubelet.heartbeatClient.read(kinds.nodes, kubelet.nodeKey), this.onOwnerRead);
    } else {
      this.readLater(kubelet);
    }
  }

  private ownerRead(request: RequestId, kubelet: Kubelet): void {
    if (this.clientGo.requests.code[request] !== StatusCode.Ok) {
      this.readLater(kubelet);
      return;
    }
    const lease = kubelet.heartbeatClient.write(writes.leaseCreate, kubelet.leaseKey);
    this.clientGo.requests.setNumber(lease, 0, this.simulation.now);
    this.send(kubelet, lease, this.onCreated);
  }

  private created(request: RequestId, kubelet: Kubelet): void {
    const { requests } = this.clientGo;
    if (isSuccess(requests.code[request] as number)) this.hold(kubelet, requests.resultRevision[request] as number);
    else this.readLater(kubelet);
  }

  /** backoffEnsureLease: each pause is twice the one before, the first one included. */
  private readLater(kubelet: Kubelet): void {
    const { leaseBackoff, leaseBackoffMaximum } = this.parameters;
    kubelet.leaseReadFailures++;
    const pause = Math.min(leaseBackoff * 2 ** kubelet.leaseReadFailures, leaseBackoffMaximum);
    this.simulation.after(nanoseconds(pause), this.evRead, kubelet.index, kubelet.epoch);
  }

  /** Registers a reply handler; an answer to a kubelet that has crashed since is nobody's. */
  private onAnswer(handler: (request: RequestId, kubelet: Kubelet) => void): number {
    return this.clientGo.onReplyDo((request, context) => {
      const kubelet = this.kubelets[context % KUBELET_NUMBERS] as Kubelet;
      if (kubelet.epoch === Math.floor(context / KUBELET_NUMBERS)) handler(request, kubelet);
    });
  }

  private send(kubelet: Kubelet, request: RequestId, reply: number): void {
    kubelet.heartbeatClient.send(request, reply, contextOf(kubelet));
  }

  // ---- node status ---------------------------------------------------------------------------------------------------------------

  private report(index: number, epoch: number): void {
    const kubelet = this.kubelets[index] as Kubelet;
    if (epoch !== kubelet.epoch) return;
    this.patchStatus(kubelet);
    this.planReport(kubelet, this.parameters.nodeStatusReportFrequency);
  }

  /** The node has become Ready: it is reported at once, and again after a period that is drawn, so that herds drift apart. */
  reportReady(kubelet: Kubelet): void {
    this.patchStatus(kubelet);
    const share = this.jitter.uniform(kubelet.index, -1 - this.simulation.now) - REPORT_SPREAD;
    this.planReport(kubelet, this.parameters.nodeStatusReportFrequency * (1 + share));
  }

  /** PATCH nodes/status: Ready. */
  private patchStatus(kubelet: Kubelet): void {
    const { requests } = this.clientGo;
    const request = kubelet.client.write(writes.nodeStatus, kubelet.nodeKey);
    requests.setNumber(request, 0, ConditionStatus.True);
    requests.setNumber(request, 1, this.simulation.now);
    kubelet.client.send(request, this.onReported, contextOf(kubelet));
  }

  /** What could not be written is sent again by the loop that computes the status. */
  private reported(request: RequestId, kubelet: Kubelet): void {
    if (isSuccess(this.clientGo.requests.code[request] as number)) return;
    const { nodeStatusUpdateFrequency } = this.parameters;
    this.simulation.after(nodeStatusUpdateFrequency, this.evReportAgain, kubelet.index, kubelet.epoch);
  }

  private planReport(kubelet: Kubelet, span: number): void {
    this.simulation.after(nanoseconds(span), this.evReport, kubelet.index, kubelet.epoch);
  }
}

/** A request's context: the kubelet and the epoch in which it asks. */
function contextOf({ epoch, index }: Kubelet): number {
  return epoch * KUBELET_NUMBERS + index;
}
