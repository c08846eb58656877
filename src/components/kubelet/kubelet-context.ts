/** Contexts of requests: the kubelet that asks and the life of its process, so that an answer to a process that has ended since is nobody's. */
import type { Kubelet } from './kubelet.ts';

/** Numbers that fit into a context beside an epoch. */
const NUMBERS = 2 ** 24;

/** The context of a request of a kubelet's. */
export function contextOf({ epoch, index }: Kubelet): number {
  return epoch * NUMBERS + index;
}

/** The kubelet of an answer; undefined if its process has ended since it asked. */
export function kubeletOf(kubelets: readonly Kubelet[], context: number): Kubelet | undefined {
  const kubelet = kubelets[context % NUMBERS];
  return kubelet !== undefined && kubelet.epoch === Math.floor(context / NUMBERS) ? kubelet : undefined;
}

/** The context of a request about a pod: its slot, and an epoch of the pod's or of its kubelet's. */
export function slotContext(slot: number, epoch: number): number {
  return epoch * NUMBERS + slot;
}

/** The slot in a context. */
export function slotOf(context: number): number {
  return context % NUMBERS;
}

/** The epoch in a context. */
export function epochOf(context: number): number {
  return Math.floor(context / NUMBERS);
}
