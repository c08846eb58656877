/**
 * The pod garbage collector: deletes pods that have ended when there are too many, and pods whose node is gone.
 * K:pkg/controller/podgc/gc_controller.go.
 *
 * Modelled: a pass every 20 s, quarantine of missing nodes and the check by GET that they are really gone, PATCH to Failed and DELETE without
 * grace. What a pass looks for is kept up to date by handlers, so that it costs nothing where there is nothing to do.
 * Left out: the taint out-of-service, terminating pods that were never bound (the API server deletes those at once).
 */
import { kinds, NO_VERSION, type ObjectKey, type ObjectTables, type VersionHandle } from '../../../cluster/index.ts';
import type { Process, Simulation } from '../../../engine/index.ts';
import { isSuccess, type Requests, StatusCode, writes } from '../../api-machinery/index.ts';
import type { ApiClient, InformerIndex, SharedInformer } from '../../client-go/index.ts';
import type { ControllerSurroundings } from '../controller.ts';

/** The controller. */
export class PodGarbageCollector {
  private readonly around: ControllerSurroundings;
  private readonly simulation: Simulation;
  private readonly tables: ObjectTables;
  private readonly requests: Requests;
  private readonly client: ApiClient;
  private readonly nodes: SharedInformer;
  private readonly pods: SharedInformer;
  private readonly podsOn: InformerIndex;
  /** Pods that have ended. */
  private readonly terminated = new Set<ObjectKey>();
  /** Nodes that pods are bound to and that are not there, with the pass that found that out [ns]; undefined = none yet. */
  private readonly missing = new Map<ObjectKey, number | undefined>();

  constructor(around: ControllerSurroundings) {
    const { clientGo } = around;
    this.around = around;
    this.simulation = clientGo.simulation;
    this.tables = clientGo.tables;
    this.requests = clientGo.requests;
    this.client = around.newClient('pod-garbage-collector');
    this.nodes = around.informer(kinds.nodes);
    this.pods = around.informer(kinds.pods);
    this.podsOn = around.podsByNode();
    const { nodes, pods } = this.tables;
    this.pods.addHandler({
      onAdd: (pod) => this.onPod(pod),
      onUpdate: (pod) => this.onPod(pod),
      onDelete: (pod) => this.terminated.delete(pods.key.get(pod) as ObjectKey),
    });
    this.nodes.addHandler({
      onAdd: (node) => this.missing.delete(nodes.key.get(node) as ObjectKey),
      onDelete: (node) => this.missing.set(nodes.key.get(node) as ObjectKey, undefined),
    });
    around.onStart((preloaded) => {
      this.simulation.processes.spawn('pod garbage collector', this.run(preloaded));
    });
  }

  private onPod(pod: VersionHandle): void {
    const { pods } = this.tables;
    const node = pods.node.get(pod) as ObjectKey;
    if (pods.isTerminal(pod)) this.terminated.add(pods.key.get(pod) as ObjectKey);
    if (node >= 0 && this.nodes.get(node) === NO_VERSION && !this.missing.has(node)) this.missing.set(node, undefined);
  }

  private *run(preloaded: boolean): Process {
    const { podGcPeriod } = this.around.parameters;
    if (!(yield* this.around.untilSynced())) return;
    if (preloaded) {
      const phase = this.simulation.streams.stream('kubeControllerManager.podGcPhase').next();
      yield Math.floor(podGcPeriod * phase);
    }
    while (!this.around.hasStopped) {
      yield* this.collectTerminated();
      yield* this.collectOrphans();
      yield podGcPeriod;
    }
  }

  /** Pods beyond the threshold, oldest first, all at once (gcTerminated). */
  private *collectTerminated(): Process {
    const { terminatedPodGcThreshold } = this.around.parameters;
    const surplus = this.terminated.size - terminatedPodGcThreshold;
    if (terminatedPodGcThreshold === 0 || surplus <= 0) return;
    const { createdAt } = this.tables.pods;
    const age = (key: ObjectKey) => createdAt.get(this.pods.get(key));
    const oldest = [...this.terminated].sort((left, right) => age(left) - age(right) || left - right).slice(0, surplus);
    yield* this.around.gather.all(
      this.client,
      oldest.map((pod) => this.client.deletion(kinds.pods, pod, 0, true)),
    );
  }

  /** Pods of nodes that have been gone for the quarantine and are gone for good (gcOrphaned). */
  private *collectOrphans(): Process {
    const { podGcQuarantine } = this.around.parameters;
    const { now } = this.simulation;
    for (const [node, since] of [...this.missing]) {
      if (this.podsOn.keys(node).size === 0) this.missing.delete(node);
      else if (since === undefined) this.missing.set(node, now);
      else if (now - since >= podGcQuarantine) yield* this.collectFrom(node);
    }
  }

  private *collectFrom(node: ObjectKey): Process {
    const read = yield* this.client.call(this.client.read(kinds.nodes, node));
    if (this.requests.code[read] !== StatusCode.NotFound) return;
    for (const pod of [...this.podsOn.keys(node)]) yield* this.failAndDelete(pod);
    // Pods that could not be deleted are found, and quarantined, anew.
    this.missing.set(node, undefined);
  }

  /** markFailedAndDeletePodWithCondition. */
  private *failAndDelete(key: ObjectKey): Process {
    const pod = this.pods.get(key);
    if (pod === NO_VERSION) return;
    if (!this.tables.pods.isTerminal(pod)) {
      const patched = yield* this.client.call(this.client.write(writes.podFailed, key));
      if (!isSuccess(this.requests.code[patched] as number)) return;
    }
    yield* this.client.call(this.client.deletion(kinds.pods, key, 0, true));
  }
}
