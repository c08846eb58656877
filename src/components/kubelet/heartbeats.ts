/**
 * Heartbeats of the nodes: leases renewed every ten seconds with jitter, by the clock on the node's wall.
 * K:staging/component-helpers/apimachinery/lease/controller.go. The node status has a file of its own.
 *
 * A renewal is a PUT on the lease as last seen. A conflict has the lease read anew at once; any other failure has the PUT tried again at
 * once, and after five failures in a row the lease is read with growing pauses and the PUT tried five times more; then the round is over,
 * and the next one comes after the interval. A lease that does not exist is created.
 */
import { kinds } from '../../cluster/index.ts';
import type { EventType, KeyedStream, Simulation, ValuesOf } from '../../engine/index.ts';
import { nanoseconds } from '../../units/index.ts';
import { isSuccess, type RequestId, StatusCode, writes } from '../api-machinery/index.ts';
import type { ClientGo } from '../client-go/index.ts';
import type { kubeletParameters } from './kubelet.parameters.ts';
import type { Kubelet } from './kubelet.ts';
import { contextOf, kubeletOf } from './kubelet-context.ts';

/** Lease renewals of all kubelets. */
export class Heartbeats {
  private readonly clientGo: ClientGo;
  private readonly simulation: Simulation;
  private readonly parameters: ValuesOf<typeof kubeletParameters>;
  private readonly kubelets: readonly Kubelet[];
  private readonly evRenew: EventType;
  private readonly evRead: EventType;
  private readonly onRenewed: number;
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
    this.onRenewed = this.onAnswer((request, kubelet) => this.renewed(request, kubelet));
    this.onLeaseRead = this.onAnswer((request, kubelet) => this.leaseRead(request, kubelet));
    this.onOwnerRead = this.onAnswer((request, kubelet) => this.ownerRead(request, kubelet));
    this.onCreated = this.onAnswer((request, kubelet) => this.created(request, kubelet));
    this.jitter = simulation.streams.keyed('kubelet.heartbeats');
  }

  // ---- leases --------------------------------------------------------------------------------------------------------------------

  /** Starts with a lease that was there before the run; `elapsed` = share of the first pause that is over. */
  startPreloaded(kubelet: Kubelet, elapsed: number): void {
    const first = this.parameters.leaseRenewInterval * (1 - elapsed);
    this.simulation.after(nanoseconds(first), this.evRenew, kubelet.index, kubelet.epoch);
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
    requests.setNumber(request, 0, kubelet.clock.read(this.simulation.now));
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
    this.clientGo.requests.setNumber(lease, 0, kubelet.clock.read(this.simulation.now));
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
      const kubelet = kubeletOf(this.kubelets, context);
      if (kubelet !== undefined) handler(request, kubelet);
    });
  }

  private send(kubelet: Kubelet, request: RequestId, reply: number): void {
    kubelet.heartbeatClient.send(request, reply, contextOf(kubelet));
  }
}
