/**
 * A gang in one cycle, as 1.36 schedules it: all pods of the group that wait are taken from the queue and decided on one after the other, on one view of the
 * cluster, each as if those before had their nodes. Only if as many have one as have to run together do they get it; otherwise nobody keeps anything, so
 * that no gang holds room while it waits. K:pkg/scheduler/schedule_one_podgroup.go (podGroupInfoForPod, podGroupSchedulingDefaultAlgorithm).
 * Left out: preemption for a gang, placements by topology, the condition PodGroupScheduled of the group, the end of the cycle at the first error.
 */

import type { QueuedPod } from './queued-pod.ts';
import type { SchedulerCache } from './scheduler-cache.ts';
import type { PodView } from './scheduling-loop.ts';
import type { SchedulingQueue } from './scheduling-queue.ts';

/** What became of one pod of the group. */
export interface Trial {
  readonly pod: QueuedPod;
  /** Slot of its node, negative = there is none. */
  readonly node: number;
  /** What to say if it comes to nothing: plugins that were against it, as bits, and the message. */
  readonly rejectors: number;
  readonly message: number;
}

/** What is known of groups. */
export interface GroupsView {
  /** Keys of the pods of its group, its own among them; empty = it is in none. */
  membersOf(pod: QueuedPod): Iterable<number>;
  /** Whether as many pods of its group have a node as have to run together. */
  isEnough(pod: QueuedPod): boolean;
}

/** What such cycles work with. */
export interface GroupCycleOptions {
  readonly groups: GroupsView;
  readonly queue: SchedulingQueue;
  readonly cache: SchedulerCache;
  readonly pods: PodView;
  /** Looks for a node for a pod. */
  readonly attempt: (pod: QueuedPod) => Trial;
}

/** The cycles of groups of one scheduler. */
export class GroupCycle {
  private readonly options: GroupCycleOptions;

  constructor(options: GroupCycleOptions) {
    this.options = options;
  }

  /** The pods that are scheduled together with one that was just taken from the queue, which is among them; undefined = it is in no group. */
  gather(popped: QueuedPod): QueuedPod[] | undefined {
    const { groups, queue, cache, pods } = this.options;
    const gathered = [popped];
    let isMember = false;
    for (const key of groups.membersOf(popped)) {
      isMember = true;
      const member = key === popped.key ? undefined : queue.take(key);
      if (member === undefined) continue;
      if (pods.isTerminating(member.key) || cache.isAssumed(member.key, member.uid)) queue.finish(member);
      else gathered.push(member);
    }
    const priority = (pod: QueuedPod) => pod.requirements.template.priority;
    return isMember ? gathered.sort((a, b) => priority(b) - priority(a) || a.enteredAt - b.enteredAt) : undefined;
  }

  /** Tries all of them; `isEnough` = the group can run. Nothing is kept. */
  run(members: readonly QueuedPod[]): { readonly trials: readonly Trial[]; readonly isEnough: boolean } {
    const { groups, attempt } = this.options;
    const trials = members.map((pod) => this.keep(attempt(pod)));
    const isEnough = groups.isEnough(members[0] as QueuedPod);
    for (const { pod, node } of [...trials].reverse()) if (node >= 0) this.giveUp(pod, node);
    return { trials, isEnough };
  }

  /** The pod has its node as long as the trial lasts. */
  private keep(trial: Trial): Trial {
    const { pod, node } = trial;
    if (node < 0) return trial;
    this.options.cache.assume(pod.key, pod.uid, node, pod.requirements);
    const { reserves } = pod.profile;
    for (let i = 0; i < reserves.length; i++) {
      const { number, plugin } = reserves[i] as (typeof reserves)[number];
      if (plugin.reserve(pod, node)) continue;
      this.giveUp(pod, node);
      return { ...trial, node: -1, rejectors: 1 << number };
    }
    return trial;
  }

  private giveUp(pod: QueuedPod, node: number): void {
    const { reserves } = pod.profile;
    for (let i = reserves.length - 1; i >= 0; i--) reserves[i]?.plugin.unreserve(pod, node);
    this.options.cache.forget(pod.key, pod.uid);
  }
}
