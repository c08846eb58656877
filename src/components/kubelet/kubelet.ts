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
  /** Pods (slots) whose status is to be written, and whether one is being written, state. */
  readonly statusQueue: number[] = [];
  writingStatus = false;
  /** resourceVersion of its lease as last seen, 0 = unknown, state. */
  leaseRevision = 0;
  /** Failures in a row of its lease renewal, state. */
  leaseFailures = 0;
  /** Whether the node runs, state. */
  isUp = true;
  /** Raised at each crash; events carry it, state. */
  epoch = 0;
  /** Offset of its relist ticks [ns]. */
  readonly relistPhase: number;

  constructor(options: {
    index: number;
    nodeKey: ObjectKey;
    nodeName: string;
    specification: NodeSpecification;
    client: ApiClient;
    heartbeatClient: ApiClient;
    recorder: EventRecorder;
    leaseKey: ObjectKey;
    relistPhase: number;
  }) {
    this.index = options.index;
    this.nodeKey = options.nodeKey;
    this.nodeName = options.nodeName;
    this.specification = options.specification;
    this.client = options.client;
    this.heartbeatClient = options.heartbeatClient;
    this.recorder = options.recorder;
    this.leaseKey = options.leaseKey;
    this.relistPhase = options.relistPhase;
    this.resources = new NodeResources(options.specification, options.nodeName);
  }

  /** The next tick at or after `at` of a loop with this period that started with the kubelet's phase. */
  nextTick(at: SimTime, period: number): SimTime {
    return (Math.ceil((at - this.relistPhase) / period) * period + this.relistPhase) as SimTime;
  }
}
