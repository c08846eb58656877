/**
 * Node status: the kubelet computes it every ten seconds, which costs no request, and reports it when a condition or the images have changed or nothing was reported for
 * five minutes; what could not be written is tried again at once a few times, each after a read, and then by the next tick.
 * A process that starts reports once in any case. K:pkg/kubelet/kubelet_node_status.go (syncNodeStatus, tryUpdateNodeStatus, calculateDelay).
 */
import { ConditionStatus, type EventReason, kinds, type VersionHandle } from '../../cluster/index.ts';
import type { EventType, KeyedStream, Simulation, ValuesOf } from '../../engine/index.ts';
import { nanoseconds, plus } from '../../units/index.ts';
import { isSuccess, type RequestId, StatusCode, writes } from '../api-machinery/index.ts';
import type { ClientGo } from '../client-go/index.ts';
import type { kubeletParameters } from './kubelet.parameters.ts';
import type { Kubelet } from './kubelet.ts';
import { contextOf, kubeletOf } from './kubelet-context.ts';

/** The delay after a status that changed is uniform around the reporting period, by half of it to both sides (calculateDelay). */
const REPORT_SPREAD = 0.5;
/** Numbers of the message of PATCH nodes/status (api-machinery/writes/nodes.ts). */
const StatusNumber = { Ready: 0, Heartbeat: 1, Pressure: 2 } as const;
/** Counter of the draw of a preloaded node's phase; others draw by instants. */
const PHASE_DRAW = -1;

/** Status reports of all kubelets. */
export class NodeStatusReports {
  private readonly clientGo: ClientGo;
  private readonly simulation: Simulation;
  private readonly parameters: ValuesOf<typeof kubeletParameters>;
  private readonly kubelets: readonly Kubelet[];
  private readonly evReport: EventType;
  private readonly evTick: EventType;
  private readonly onReported: number;
  private readonly onRead: number;
  private readonly jitter: KeyedStream;

  constructor(clientGo: ClientGo, parameters: NodeStatusReports['parameters'], kubelets: readonly Kubelet[]) {
    const { simulation } = clientGo;
    this.clientGo = clientGo;
    this.simulation = simulation;
    this.parameters = parameters;
    this.kubelets = kubelets;
    this.evReport = simulation.on('kubelet: report node status', (kubelet, plan) => this.onDue(kubelet, plan));
    this.evTick = simulation.on('kubelet: node status computed', (kubelet, epoch) => this.onTick(kubelet, epoch));
    this.onReported = clientGo.onReplyDo((request, context) => this.reported(request, context));
    this.onRead = clientGo.onReplyDo((request, context) => this.read(request, context));
    this.jitter = simulation.streams.keyed('kubelet.heartbeats');
  }

  // ---- ports -------------------------------------------------------------------------------------------------------------------

  /** A node that has long been reporting. */
  startPreloaded(kubelet: Kubelet): void {
    kubelet.reportedStatus = statusOf(kubelet);
    this.plan(kubelet, this.parameters.nodeStatusReportFrequency * this.jitter.uniform(kubelet.index, PHASE_DRAW));
  }

  /** A process has started: it reports what it knows. */
  start(kubelet: Kubelet): void {
    this.patch(kubelet);
  }

  /** A condition has changed, or the images have: the next computation reports it. */
  conditionChanged(kubelet: Kubelet): void {
    if (!kubelet.isRunning) return;
    const at = kubelet.nextTick(plus(this.simulation.now, nanoseconds(1)), this.parameters.nodeStatusUpdateFrequency);
    this.simulation.at(at, this.evTick, kubelet.index, kubelet.epoch);
  }

  /** Whether a version of its node has other conditions than the kubelet has last reported; one that has reported nothing yet does not care. */
  differs(kubelet: Kubelet, version: VersionHandle): boolean {
    const { nodes } = this.clientGo.tables;
    const ready = nodes.ready.get(version) === ConditionStatus.True ? 1 : 0;
    return kubelet.reportedStatus !== UNREPORTED && 2 * nodes.pressure.get(version) + ready !== kubelet.reportedStatus;
  }

  /** The API has other conditions than it was told: the node controller has missed the node, or an older report comes late. */
  contradicted(kubelet: Kubelet): void {
    kubelet.reportedStatus = UNREADY;
    this.conditionChanged(kubelet);
  }

  /** The runtime and the network of a new node are there: it is reported at once. */
  becameReady(kubelet: Kubelet): void {
    kubelet.isReady = true;
    this.patch(kubelet);
  }

  // ---- reports -----------------------------------------------------------------------------------------------------------------

  private onTick(index: number, epoch: number): void {
    const kubelet = this.kubelets[index] as Kubelet;
    const hasNews = statusOf(kubelet) !== kubelet.reportedStatus || kubelet.images.version !== kubelet.reportedImages;
    if (kubelet.epoch === epoch && hasNews) this.patch(kubelet);
  }

  private onDue(index: number, plan: number): void {
    const kubelet = this.kubelets[index] as Kubelet;
    if (kubelet.statusPlan === plan) this.patch(kubelet);
  }

  /** Only the latest plan of a report counts. */
  private plan(kubelet: Kubelet, span: number): void {
    kubelet.statusPlan++;
    this.simulation.after(nanoseconds(span), this.evReport, kubelet.index, kubelet.statusPlan);
  }

  /** PATCH nodes/status. After a change the next report comes after a period that is drawn, so that herds drift apart. */
  private patch(kubelet: Kubelet): void {
    const status = statusOf(kubelet);
    const { nodeStatusReportFrequency: period } = this.parameters;
    if (status === kubelet.reportedStatus && kubelet.images.version === kubelet.reportedImages) {
      this.plan(kubelet, period);
    } else {
      this.tellOfReadiness(kubelet, status);
      const share = this.jitter.uniform(kubelet.index, PHASE_DRAW - this.simulation.now) - REPORT_SPREAD;
      this.plan(kubelet, period * (1 + share));
    }
    kubelet.reportedStatus = status;
    kubelet.reportedImages = kubelet.images.version;
    kubelet.statusTries = 0;
    this.send(kubelet);
  }

  private send(kubelet: Kubelet): void {
    const { requests } = this.clientGo;
    const client = kubelet.heartbeatClient;
    const request = client.write(writes.nodeStatus, kubelet.nodeKey);
    requests.setNumber(request, StatusNumber.Ready, kubelet.isReady ? ConditionStatus.True : ConditionStatus.False);
    requests.setNumber(request, StatusNumber.Heartbeat, kubelet.clock.read(this.simulation.now));
    requests.setNumber(request, StatusNumber.Pressure, kubelet.pressure);
    if (kubelet.images.version > 0)
      requests.object[request] = kubelet.images.listed(this.parameters.nodeStatusMaxImages);
    client.send(request, this.onReported, contextOf(kubelet));
  }

  /** recordNodeStatusEvent, when Ready changes. */
  private tellOfReadiness(kubelet: Kubelet, status: number): void {
    const known = kubelet.reportedStatus;
    if (known === UNREPORTED || isReady(known) === isReady(status)) return;
    const reason: EventReason = isReady(status) ? 'NodeReady' : 'NodeNotReady';
    kubelet.recorder.record(reason, kinds.nodes, kubelet.nodeKey);
  }

  /** What could not be written is tried again after a read, and at last by a tick of the loop. */
  private reported(request: RequestId, context: number): void {
    const kubelet = kubeletOf(this.kubelets, context);
    if (kubelet === undefined || isSuccess(this.clientGo.requests.code[request] as number)) return;
    this.tryAgain(kubelet);
  }

  private tryAgain(kubelet: Kubelet): void {
    kubelet.statusTries++;
    if (kubelet.statusTries < this.parameters.nodeStatusRetries) {
      const client = kubelet.heartbeatClient;
      client.send(client.read(kinds.nodes, kubelet.nodeKey), this.onRead, contextOf(kubelet));
      return;
    }
    kubelet.reportedStatus = UNREPORTED;
    this.conditionChanged(kubelet);
  }

  private read(request: RequestId, context: number): void {
    const kubelet = kubeletOf(this.kubelets, context);
    if (kubelet === undefined) return;
    if (this.clientGo.requests.code[request] === StatusCode.Ok) this.send(kubelet);
    else this.tryAgain(kubelet);
  }
}

/** What was reported last where the API has something else: not ready, so that becoming ready again is told of. */
const UNREADY = 0;

/** Nothing is known to be in the API. */
export const UNREPORTED = -1;

/** A status as one number: pressure, and whether the node is ready. */
function statusOf({ isReady, pressure }: Kubelet): number {
  return 2 * pressure + (isReady ? 1 : 0);
}

function isReady(status: number): boolean {
  return status % 2 === 1;
}
