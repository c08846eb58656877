/** One node as its kubelet knows it: clients, watches, resources, images, lease. Behaviour is in the fleet and its parts. */
import type { NodeSpecification, ObjectKey } from '../../cluster/index.ts';
import type { SimTime } from '../../units/index.ts';
import type { ApiClient, EventRecorder, Reflector } from '../client-go/index.ts';
import { ImageStore } from './image-store.ts';
import { NodeResources } from './node-resources.ts';

/** A kubelet. */
export class Kubelet {
  /** Its number in the fleet. */
  readonly index: number;
  readonly nodeKey: ObjectKey;
  readonly nodeName: string;
  readonly specification: NodeSpecification;
  /** Clients: pods and node (50/100), heartbeats (no limiter), events (50/100). */
  readonly client: ApiClient;
  readonly heartbeatClient: ApiClient;
  readonly recorder: EventRecorder;
  /** Key of its lease in kube-node-lease. */
  readonly leaseKey: ObjectKey;
  readonly resources: NodeResources;
  readonly images = new ImageStore();
  /** Pods that it knows: key to slot. */
  readonly pods = new Map<ObjectKey, number>();
  /** Watches of this kubelet; the pods' is the first. */
  readonly reflectors: Reflector[] = [];
  /** Namespaces whose kube-root-ca.crt it watches. */
  readonly watchedNamespaces = new Set<string>();
  /** Pods (slots) whose status is to be written, and those whose status could not be, state. */
  readonly statusQueue: number[] = [];
  readonly failedStatuses: number[] = [];
  /** Pod (slot) whose status is being written, -1 = none, and whether it was finished when that began, state. */
  syncedSlot = -1;
  syncedIsFinished = false;
  /** resourceVersion of its lease as last seen, 0 = unknown, state. */
  leaseRevision = 0;
  /** Failures in a row of its lease renewal, and of the reads after them, state. */
  leaseFailures = 0;
  leaseReadFailures = 0;
  /** Whether this round of renewing has fallen back to reading the lease, state. */
  leaseIsReread = false;
  /** Whether the node runs, state. */
  isUp = true;
  /** Raised at each crash; events carry it, state. */
  epoch = 0;
  /** Offset of the ticks of its loops (relist, status pass) [ns]. */
  readonly loopPhase: number;

  constructor(options: {
    index: number;
    nodeKey: ObjectKey;
    nodeName: string;
    specification: NodeSpecification;
    client: ApiClient;
    heartbeatClient: ApiClient;
    recorder: EventRecorder;
    leaseKey: ObjectKey;
    loopPhase: number;
  }) {
    this.index = options.index;
    this.nodeKey = options.nodeKey;
    this.nodeName = options.nodeName;
    this.specification = options.specification;
    this.client = options.client;
    this.heartbeatClient = options.heartbeatClient;
    this.recorder = options.recorder;
    this.leaseKey = options.leaseKey;
    this.loopPhase = options.loopPhase;
    this.resources = new NodeResources(options.specification, options.nodeName);
  }

  /** The next tick at or after `at` of a loop of this period, in the kubelet's phase. */
  nextTick(at: SimTime, period: number): SimTime {
    return (Math.ceil((at - this.loopPhase) / period) * period + this.loopPhase) as SimTime;
  }
}
