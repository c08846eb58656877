/**
 * What a controller gets from the process that runs it, and how it takes part. A new controller is one file in `controllers/` and one line
 * in `controllers/index.ts`.
 */
import type { Kind } from '../../cluster/index.ts';
import type { ValuesOf } from '../../engine/index.ts';
import type {
  ApiClient,
  ClientGo,
  EventRecorder,
  Gather,
  InformerIndex,
  SharedInformer,
  WorkQueueBackoff,
} from '../client-go/index.ts';
import type { kubeControllerManagerParameters } from './kube-controller-manager.parameters.ts';
import type { NodeLeases } from './node-leases.ts';
import type { ServiceMemberships } from './service-memberships.ts';

/** The values of all parameters of the process. */
export type KubeControllerManagerValues = ValuesOf<typeof kubeControllerManagerParameters>;

/** One pass of a worker over a key. It returns whether it succeeded; if not, the key comes again after its back-off. */
export type Sync = (key: number) => Generator<number, boolean, number>;

/** A controller's queue of keys. */
export interface ControllerQueue {
  /** Adds a key now. */
  add(key: number): void;
  /** Adds a key after a span [ns]. */
  addAfter(key: number, span: number): void;
}

/** How a queue differs from the usual one. */
export interface QueueOptions {
  /** How many objects a sync of the key walks over, for its time; none if left out. */
  readonly objects?: (key: number) => number;
  /** Failures in a row after which a key is dropped until its next change; without limit if left out. */
  readonly maximumRetries?: number;
  readonly backoff?: WorkQueueBackoff;
}

/** The process around a controller. */
export interface ControllerSurroundings {
  readonly clientGo: ClientGo;
  /** Name of the process, for events of its own. */
  readonly name: string;
  readonly parameters: KubeControllerManagerValues;
  /** Sends many requests at once from inside a process. */
  readonly gather: Gather;
  /** Which Services select which pods. */
  readonly memberships: ServiceMemberships;
  /** Whether the process has ended, state. */
  readonly hasStopped: boolean;
  /** Whether all informers have their first list, state. */
  readonly hasSynced: boolean;

  /** The process's informer of a kind. */
  informer(kind: Kind): SharedInformer;
  /** Objects of a kind by the key of their owner. */
  byOwner(kind: Kind): InformerIndex;
  /** Pods by the key of their node. */
  podsByNode(): InformerIndex;
  /** The informer of nodes' leases, which nobody else may watch. */
  nodeLeases(): NodeLeases;
  /** A client with a limiter of its own; `user` is the service account, the name if left out. */
  newClient(name: string, options?: { readonly user?: string; readonly qpsFactor?: number }): ApiClient;
  /** A recorder of events that shares a client's limiter, as upstream. */
  newRecorder(client: ApiClient): EventRecorder;
  /** A work queue whose workers wait for the caches, compute for a while and then run `sync`. */
  newQueue(name: string, workers: number, sync: Sync, options?: QueueOptions): ControllerQueue;
  /** Has a controller's own loops started with the process; `preloaded` = the process has been running for long. */
  onStart(start: (preloaded: boolean) => void): void;
  /** Yields until the caches are filled; false if the process has ended. */
  untilSynced(): Generator<number, boolean, number>;
}

/** Makes a controller, which lives by the handlers that it registers with its informers, and by what it does when the process starts. */
export type ControllerConstructor = (around: ControllerSurroundings) => object;
