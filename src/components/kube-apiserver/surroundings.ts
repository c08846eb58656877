/** What all API servers of a cluster share, and what they need of the clients' side. */
import type { ObjectTables, PodTemplate } from '../../cluster/index.ts';
import type { Simulation, ValuesOf } from '../../engine/index.ts';
import type { MetricRecorder, WaitLedger } from '../../metrics/index.ts';
import type { objectSizeParameters, RequestId, Requests } from '../api-machinery/index.ts';
import type { EtcdCluster } from '../etcd/index.ts';
import type { networkParameters } from '../host/host.parameters.ts';
import type { WebhookServer } from './admission/webhook-server.ts';
import type { FlowControlSurroundings } from './flow-control/index.ts';
import type { kubeApiserverParameters } from './kube-apiserver.parameters.ts';

/** What the API server needs of whoever carries answers back to clients. */
export interface ReplyCarrier {
  /** Sends the answer of a request that is done. */
  carryReply(request: RequestId): void;
  /** Sends a request of an API server to itself, over its loopback connection; yields until the answer is there and returns it. */
  loopback(server: number, request: RequestId): Generator<number, RequestId, number>;
  /** The client of a request is to send no further ones over its connection. */
  closeConnection(request: RequestId): void;
  /** The client of a request is answered under another number, which is returned, while the server still works on this one. */
  standIn(request: RequestId): RequestId;
  /** The server has ended its work on a request that was answered under another number. */
  drop(request: RequestId): void;
  /** All connections of a server broke, and the watches on them. */
  connectionsBroke(server: number): void;
  /** Tells every watch connection of a server that it broke. */
  watchesBroke(server: number): void;
}

/** Makes the template of pods whose containers admission has changed; the same change of a template gives the same one. */
export type DeriveTemplate = (
  template: PodTemplate,
  change: Partial<Pick<PodTemplate, 'initContainers' | 'containers' | 'requests' | 'priority' | 'preemptionPolicy'>>,
) => PodTemplate;

/** What all API servers of a cluster share. */
export interface ApiServerSurroundings {
  readonly simulation: Simulation;
  readonly tables: ObjectTables;
  readonly requests: Requests;
  readonly store: EtcdCluster;
  readonly parameters: ValuesOf<typeof kubeApiserverParameters>;
  readonly network: ValuesOf<typeof networkParameters>;
  /** Memory that each server may have [GiB]. */
  readonly memoryLimit: number;
  readonly sizes: ValuesOf<typeof objectSizeParameters>;
  readonly recorder: MetricRecorder;
  readonly waits: WaitLedger;
  readonly carrier: ReplyCarrier;
  /** Admission webhooks, in the order in which they are asked. */
  readonly webhooks: readonly WebhookServer[];
  readonly deriveTemplate: DeriveTemplate;
  /** What priority and fairness of all of them shares; null = the in-flight limits stand alone. */
  readonly flowControl: FlowControlSurroundings | null;
}
