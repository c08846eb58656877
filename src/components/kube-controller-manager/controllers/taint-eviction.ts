/**
 * The taint eviction controller: deletes pods from nodes with NoExecute taints that they do not, or no longer, tolerate.
 * K:pkg/controller/tainteviction/taint_eviction.go.
 *
 * Modelled: a timer for each pod, cancelled when the taints go; eviction by GET, PATCH of the condition DisruptionTarget and DELETE, all pods
 * that are due side by side behind the client's limiter; events. Left out: changes of a pod's tolerations.
 */
import {
  kinds,
  NO_VERSION,
  type ObjectKey,
  type ObjectTables,
  PodCondition,
  type PodTemplate,
  type Taint,
  type VersionHandle,
} from '../../../cluster/index.ts';
import type { EventId, EventType, Process, Simulation } from '../../../engine/index.ts';
import { nanoseconds } from '../../../units/index.ts';
import { isSuccess, type Requests, StatusCode, writes } from '../../api-machinery/index.ts';
import type { ApiClient, EventRecorder, InformerIndex, SharedInformer } from '../../client-go/index.ts';
import type { ControllerQueue, ControllerSurroundings } from '../controller.ts';
import { hasTaint } from '../node-taints.ts';
import { tolerationSpan } from '../tolerations.ts';

/** A pod that is to be evicted. */
interface Timer {
  /** From when its toleration counts [ns]. */
  readonly since: number;
  readonly event: EventId;
}

/** The controller. */
export class TaintEvictionController {
  private readonly around: ControllerSurroundings;
  private readonly simulation: Simulation;
  private readonly tables: ObjectTables;
  private readonly requests: Requests;
  private readonly client: ApiClient;
  private readonly events: EventRecorder;
  private readonly nodeQueue: ControllerQueue;
  private readonly podQueue: ControllerQueue;
  private readonly nodes: SharedInformer;
  private readonly pods: SharedInformer;
  private readonly podsOn: InformerIndex;
  private readonly evDue: EventType;
  /** NoExecute taints by node that has some. */
  private readonly tainted = new Map<ObjectKey, readonly Taint[]>();
  /** Timers by pod. */
  private readonly timers = new Map<ObjectKey, Timer>();

  constructor(around: ControllerSurroundings) {
    const { clientGo, parameters } = around;
    this.around = around;
    this.simulation = clientGo.simulation;
    this.tables = clientGo.tables;
    this.requests = clientGo.requests;
    this.client = around.newClient('taint-eviction-controller', { user: 'node-controller' });
    this.events = around.newRecorder(this.client);
    this.nodes = around.informer(kinds.nodes);
    this.pods = around.informer(kinds.pods);
    this.podsOn = around.podsByNode();
    this.evDue = this.simulation.on(`${around.name}: pod is due for eviction`, (pod) => this.onDue(pod as ObjectKey));
    const workers = parameters.taintEvictionWorkers;
    this.nodeQueue = around.newQueue('noexec_taint_node', workers, (key) => this.syncNode(key as ObjectKey));
    this.podQueue = around.newQueue('noexec_taint_pod', workers, (key) => this.syncPod(key as ObjectKey));
    const { nodes, pods } = this.tables;
    this.nodes.addHandler({
      onAdd: (node) => this.onNode(nodes.key.get(node), [], noExecute(nodes.taints.get(node))),
      onUpdate: (node, previous) => {
        if (nodes.taints.get(node) === nodes.taints.get(previous)) return;
        this.onNode(nodes.key.get(node), noExecute(nodes.taints.get(previous)), noExecute(nodes.taints.get(node)));
      },
      onDelete: (node) => this.onNode(nodes.key.get(node), noExecute(nodes.taints.get(node)), []),
    });
    this.pods.addHandler({
      onAdd: (pod) => this.onBound(pod),
      onUpdate: (pod, previous) => {
        if (pods.node.get(pod) !== pods.node.get(previous)) this.onBound(pod);
      },
      onDelete: (pod) => this.cancel(pods.key.get(pod) as ObjectKey),
    });
  }

  private onNode(node: number, before: readonly Taint[], after: readonly Taint[]): void {
    const isSame = before.length === after.length && before.every((taint) => hasTaint(after, taint));
    if (!isSame) this.nodeQueue.add(node);
  }

  /** Only pods on nodes with taints are looked at. */
  private onBound(pod: VersionHandle): void {
    if (this.tainted.has(this.tables.pods.node.get(pod) as ObjectKey)) this.podQueue.add(this.tables.pods.key.get(pod));
  }

  // ---- who is due when ---------------------------------------------------------------------------------------------------------

  // biome-ignore lint/correctness/useYield: a sync that sends no request
  private *syncNode(key: ObjectKey): Generator<number, boolean, number> {
    const node = this.nodes.get(key);
    const taints = node === NO_VERSION ? [] : noExecute(this.tables.nodes.taints.get(node));
    if (taints.length === 0) {
      this.tainted.delete(key);
      for (const pod of this.podsOn.keys(key)) this.cancelAndTell(pod);
      return true;
    }
    this.tainted.set(key, taints);
    for (const pod of this.podsOn.keys(key)) this.schedule(pod, taints);
    return true;
  }

  // biome-ignore lint/correctness/useYield: a sync that sends no request
  private *syncPod(key: ObjectKey): Generator<number, boolean, number> {
    const pod = this.pods.get(key);
    const taints = pod === NO_VERSION ? undefined : this.tainted.get(this.tables.pods.node.get(pod) as ObjectKey);
    if (taints !== undefined) this.schedule(key, taints);
    return true;
  }

  /** processPodOnNode. */
  private schedule(key: ObjectKey, taints: readonly Taint[]): void {
    const { now } = this.simulation;
    const template = this.tables.pods.template.get(this.pods.get(key)) as PodTemplate;
    const span = tolerationSpan(template, taints, this.around.parameters.defaultTolerationSeconds);
    if (span === Number.POSITIVE_INFINITY) {
      this.cancelAndTell(key);
      return;
    }
    const known = this.timers.get(key);
    // Its time counts from the first taint: a later change brings the end forward to now, or leaves it as it is.
    const since = known?.since ?? now;
    if (since < now && span > 0) return;
    this.cancelAndTell(key);
    const event = this.simulation.after(nanoseconds(span), this.evDue, key);
    this.timers.set(key, { since, event });
  }

  private cancelAndTell(pod: ObjectKey): void {
    if (this.cancel(pod)) this.events.record('TaintManagerEviction', kinds.pods, pod, CANCELLED);
  }

  /** Returns whether there was a timer. */
  private cancel(pod: ObjectKey): boolean {
    const timer = this.timers.get(pod);
    if (timer === undefined) return false;
    this.simulation.cancel(timer.event);
    this.timers.delete(pod);
    return true;
  }

  // ---- eviction ----------------------------------------------------------------------------------------------------------------

  private onDue(pod: ObjectKey): void {
    this.timers.delete(pod);
    if (!this.around.hasStopped) this.simulation.processes.spawn('taint eviction', this.evict(pod));
  }

  /** deletePodHandler. */
  private *evict(pod: ObjectKey): Process {
    const { taintEvictionRetries, taintEvictionRetryPause } = this.around.parameters;
    this.events.record('TaintManagerEviction', kinds.pods, pod, EVICTED);
    for (let attempt = 0; attempt < taintEvictionRetries; attempt++) {
      if (yield* this.conditionAndDelete(pod)) return;
      yield taintEvictionRetryPause;
    }
  }

  /** addConditionAndDeletePod. Returns whether the pod is on its way out, or gone. */
  private *conditionAndDelete(pod: ObjectKey): Generator<number, boolean, number> {
    const { requests } = this;
    const read = yield* this.client.call(this.client.read(kinds.pods, pod));
    if (requests.code[read] === StatusCode.NotFound) return true;
    if (requests.code[read] !== StatusCode.Ok) return false;
    const conditions = this.tables.pods.conditions.get(requests.resultOf(read));
    if ((conditions & PodCondition.DisruptionTarget) === 0) {
      const patched = yield* this.client.call(this.client.write(writes.podDisruptionTarget, pod));
      const code = requests.code[patched] as number;
      if (code === StatusCode.NotFound) return true;
      if (!isSuccess(code)) return false;
    }
    const deleted = yield* this.client.call(this.client.deletion(kinds.pods, pod));
    const code = requests.code[deleted] as number;
    return isSuccess(code) || code === StatusCode.NotFound;
  }
}

/** Messages of the events. */
const EVICTED = 0;
const CANCELLED = 1;

/** The taints that drive pods away. */
function noExecute(taints: readonly Taint[]): readonly Taint[] {
  return taints.length === 0 ? taints : taints.filter((taint) => taint.effect === 'NoExecute');
}
