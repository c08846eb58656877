/** One node as its kubelet knows it: clients, watches, resources, images, lease. Behaviour is in the fleet and its parts. */
import type { NodeSpecification, ObjectKey } from '../../cluster/index.ts';
import type { EventType } from '../../engine/index.ts';
import type { Nanoseconds, SimTime } from '../../units/index.ts';
import type { ApiClient, EventRecorder, Reflector } from '../client-go/index.ts';
import { ImageStore } from './image-store.ts';
import { NodeClock } from './node-clock.ts';
import { NodeResources } from './node-resources.ts';
import type { WaitingWork } from './runtime-work.ts';
import type { KeptSettings } from './settings-manager.ts';
import { SupervisionState } from './supervision.ts';

/** The clients of one process of a kubelet. */
export interface KubeletClients {
  readonly main: ApiClient;
  readonly heartbeat: ApiClient;
  readonly recorder: EventRecorder;
}

/** How a container runtime is: it may not run at all, or answer status checks and nothing else. */
export type RuntimeHealth = 'up' | 'down' | 'hung';

/** A kubelet. */
export class Kubelet {
  /** Its number in the fleet. */
  readonly index: number;
  readonly nodeKey: ObjectKey;
  readonly nodeName: string;
  readonly specification: NodeSpecification;
  /** Clients of its process: pods and node (50/100), heartbeats (no limiter), events (50/100); a new process has new ones, state. */
  clients: KubeletClients;
  /** Key of its lease in kube-node-lease. */
  readonly leaseKey: ObjectKey;
  readonly resources: NodeResources;
  readonly images = new ImageStore();
  /** Pods that it knows: key to slot. */
  readonly pods = new Map<ObjectKey, number>();
  /** Watches of this kubelet; the pods' is the first. */
  readonly reflectors: Reflector[] = [];
  /** Secrets and ConfigMaps that its pods refer to, by a number of each (settings-manager.ts). */
  readonly settings = new Map<number, KeptSettings>();
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
  /** Whether the machine has power, state. */
  isUp = true;
  /** Whether the kubelet's process runs, state. */
  isRunning = true;
  /** Raised whenever the process ends; events carry it, state. */
  epoch = 0;
  /** Pods that it had when its process ended and that the new process has not seen in its first list yet, state. */
  readonly orphans = new Set<number>();
  /** Crashes of its process that are still to come, each so long after its start [ns], state. */
  crashesLeft = 0;
  crashLifetime = 0 as Nanoseconds;
  /** What its supervisor knows of it. */
  readonly supervision = new SupervisionState();
  /** What its container runtime can do: run, or neither start nor tell of containers, state. */
  runtime: RuntimeHealth = 'up';
  /** Whether it reports that it is ready, state. */
  isReady = true;
  /** Kinds of pressure that it reports, bits of NodePressure, state. */
  pressure = 0;
  /** Status that it has last reported, in one number; below 0 = none, state. */
  reportedStatus = -1;
  /** Version of its images that it has last reported, state. */
  reportedImages = 0;
  /** Number of the latest plan of a report, and attempts of the present one that have failed, state. */
  statusPlan = 0;
  statusTries = 0;
  /** What its container engine is doing, and what waits for it (runtime-work.ts), state. */
  readonly work: { busy: number; readonly waiting: WaitingWork[] } = { busy: 0, waiting: [] };
  /** Steps of pods that wait for the runtime: event type, slot and epoch of each, state. */
  readonly heldSteps: { readonly type: EventType; readonly slot: number; readonly epoch: number }[] = [];
  /** The clock on its wall. */
  readonly clock = new NodeClock();
  /** Offset of the ticks of its loops (relist, status pass) [ns]. */
  readonly loopPhase: number;

  constructor(options: {
    index: number;
    nodeKey: ObjectKey;
    nodeName: string;
    specification: NodeSpecification;
    clients: KubeletClients;
    leaseKey: ObjectKey;
    loopPhase: number;
  }) {
    this.index = options.index;
    this.nodeKey = options.nodeKey;
    this.nodeName = options.nodeName;
    this.specification = options.specification;
    this.clients = options.clients;
    this.leaseKey = options.leaseKey;
    this.loopPhase = options.loopPhase;
    this.resources = new NodeResources(options.specification, options.nodeName);
    for (const { name, size } of options.specification.images ?? []) this.images.add(name, size, 0);
  }

  /** Its client for pods and its node. */
  get client(): ApiClient {
    return this.clients.main;
  }

  /** Its client for heartbeats. */
  get heartbeatClient(): ApiClient {
    return this.clients.heartbeat;
  }

  /** Who writes its events. */
  get recorder(): EventRecorder {
    return this.clients.recorder;
  }

  /** The next tick at or after `at` of a loop of this period, in the kubelet's phase. */
  nextTick(at: SimTime, period: number): SimTime {
    return (Math.ceil((at - this.loopPhase) / period) * period + this.loopPhase) as SimTime;
  }
}
