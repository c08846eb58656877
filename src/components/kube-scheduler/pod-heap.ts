/** A binary heap of waiting pods from which any pod can be taken. K:pkg/scheduler/backend/heap. */
import type { QueuedPod } from './queued-pod.ts';

/** Whether the first pod comes before the second. */
export type Before = (a: QueuedPod, b: QueuedPod) => boolean;

/** Pods by an order. A pod knows its place, so it can be in one heap only. */
export class PodHeap {
  private readonly before: Before;
  private readonly pods: QueuedPod[] = [];

  constructor(before: Before) {
    this.before = before;
  }

  /** Pods in the heap. */
  get size(): number {
    return this.pods.length;
  }

  /** The first pod, if there is one. */
  peek(): QueuedPod | undefined {
    return this.pods[0];
  }

  push(pod: QueuedPod): void {
    this.pods.push(pod);
    this.up(this.pods.length - 1, pod);
  }

  /** Takes the first pod out. */
  pop(): QueuedPod | undefined {
    const first = this.pods[0];
    if (first !== undefined) this.remove(first);
    return first;
  }

  /** Takes a pod out that is in this heap. */
  remove(pod: QueuedPod): void {
    const { position } = pod;
    const last = this.pods.pop() as QueuedPod;
    pod.position = -1;
    if (last === pod) return;
    this.down(position, last);
    if (last.position === position) this.up(position, last);
  }

  /** Empties the heap. */
  clear(): void {
    this.pods.length = 0;
  }

  private up(from: number, pod: QueuedPod): void {
    let hole = from;
    while (hole > 0) {
      const parent = (hole - 1) >> 1;
      const above = this.pods[parent] as QueuedPod;
      if (!this.before(pod, above)) break;
      this.put(hole, above);
      hole = parent;
    }
    this.put(hole, pod);
  }

  private down(from: number, pod: QueuedPod): void {
    const { length } = this.pods;
    let hole = from;
    for (;;) {
      let child = 2 * hole + 1;
      if (child >= length) break;
      const right = child + 1;
      if (right < length && this.before(this.pods[right] as QueuedPod, this.pods[child] as QueuedPod)) child = right;
      if (!this.before(this.pods[child] as QueuedPod, pod)) break;
      this.put(hole, this.pods[child] as QueuedPod);
      hole = child;
    }
    this.put(hole, pod);
  }

  private put(position: number, pod: QueuedPod): void {
    this.pods[position] = pod;
    pod.position = position;
  }
}
