/**
 * What runs on each node beside the kubelet: kube-proxy, network plugins, log agents. One object stands for all instances of a program, one on
 * each node; the wiring keeps a list of them and tells each what happens to nodes.
 */
import type { ObjectKey } from '../cluster/index.ts';

/** All instances of a program that runs on each node. A node that it has not been told of is not its concern. */
export interface NodeAgent {
  /** The node was there before the run: its instance has long been running and has seen everything up to `revision`. */
  addPreloaded(node: ObjectKey, revision: number): void;
  /** The node joins now: its instance starts, and begins by listing. */
  addAndStart(node: ObjectKey): void;
  /** The node has lost power, and the instance's memory with it. */
  crash(node: ObjectKey): void;
  /** The node has booted again: its instance starts anew. */
  restart(node: ObjectKey): void;
  /** The network between the node and the control plane is cut, or whole again; the instance runs on. */
  cut(node: ObjectKey, isCut: boolean): void;
}
