/**
 * What runs on each node beside the kubelet: kube-proxy, network plugins, log agents. One object stands for all instances of a program, one on
 * each node; the wiring keeps a list of them and tells each what happens to nodes.
 */
import type { ObjectKey } from '../cluster/index.ts';
import type { ApiClient } from './client-go/index.ts';

/** All instances of a program that runs on each node. A node that it has not been told of is not its concern. */
export interface NodeAgent {
  /** The node was there before the run: its instance has long been running and has seen everything up to `revision`. */
  addPreloaded(node: ObjectKey, revision: number): void;
  /** The node joins now: its instance starts, and begins by listing. */
  addAndStart(node: ObjectKey): void;
  /** The node has lost power, or its instance has ended, and with it what the instance knew. Nothing happens if there is none. */
  crash(node: ObjectKey): void;
  /** The node has booted again, or the instance was started again, anew. */
  restart(node: ObjectKey): void;
  /** Clients through which the node's instance talks to the API servers; none if it is not there. */
  clientsOf(node: ObjectKey): readonly ApiClient[];
}
