/**
 * What a node's container runtime asks of its CNI plugin: an address for a sandbox, and to take it back. Without a plugin (none is among the
 * cluster's add-ons) every sandbox gets an address within the time that `kubelet.sandboxStart` gives for the whole.
 * https://github.com/containernetworking/cni/blob/main/SPEC.md, K:pkg/kubelet/kuberuntime/kuberuntime_sandbox.go.
 */
import type { ObjectKey } from '../../cluster/index.ts';
import type { Nanoseconds } from '../../units/index.ts';

/** Answer to CNI ADD. It may be the same object each time: whoever asks reads it at once. */
export interface NetworkAnswer {
  /** How long the call takes, whether it succeeds or not. */
  readonly span: Nanoseconds;
  /** Whether the pod has an address then: false if none is left, or if the plugin cannot reach what it depends on. */
  readonly succeeded: boolean;
}

/** The network of the pods, as kubelets see it. Pods on their host's network never come here. */
export interface PodNetwork {
  /** A pod has run since before the run begins; returns whether it has an address of the node. */
  adopt(node: ObjectKey, pod: ObjectKey): boolean;
  /** CNI ADD for a pod whose pause container runs, as the last part of RunPodSandbox. An ADD that fails is asked for again with a new sandbox. */
  add(node: ObjectKey, pod: ObjectKey): NetworkAnswer;
  /** CNI DEL for a pod that an ADD succeeded for: its sandbox is stopped, or was lost with its node. */
  remove(node: ObjectKey, pod: ObjectKey): void;
}
