/**
 * How a scheduler tells that an attempt failed: an event, and the condition PodScheduled = False in the pod's status, with its nominated node.
 * K:pkg/scheduler/schedule_one.go (handleSchedulingFailure, updatePod).
 */
import { kinds, type ObjectKey } from '../../cluster/index.ts';
import { NOMINATION_KEPT, type Requests, writes } from '../api-machinery/index.ts';
import type { ApiClient, EventRecorder } from '../client-go/index.ts';
import type { Nominations } from './nominations.ts';
import type { QueuedPod } from './queued-pod.ts';

/** What is said of a failure. */
export interface Failure {
  /** A number that differs where the text differs. */
  readonly message: number;
  /** Slot of the node that the pod is nominated to, -1 = none, {@link NOMINATION_KEPT}. */
  readonly nominated: number;
}

/** What reporting takes. */
export interface FailureReportOptions {
  readonly requests: Requests;
  readonly client: ApiClient;
  readonly events: EventRecorder;
  readonly nominations: Nominations;
  /** Slot of the node that a pod's status names, -1 if none. */
  readonly nominatedNode: (key: ObjectKey) => number;
}

/** The reports of one scheduler. */
export class FailureReport {
  private readonly options: FailureReportOptions;

  constructor(options: FailureReportOptions) {
    this.options = options;
  }

  /** Tells of a failure; the answer to the PATCH goes to `reply`. Returns whether there is one: not if the status says all that already. */
  tell(pod: QueuedPod, { message, nominated }: Failure, reply: number, context: number): boolean {
    const { events, client, requests, nominatedNode } = this.options;
    this.nominate(pod, nominated);
    events.record('FailedScheduling', kinds.pods, pod.key, message);
    const isNominationNews = nominated !== NOMINATION_KEPT && nominated !== nominatedNode(pod.key);
    if (pod.statusMessage === message && !isNominationNews) return false;
    pod.statusMessage = message;
    const request = client.write(writes.podUnschedulable, pod.key);
    requests.setNumber(request, 0, message);
    requests.setNumber(request, 1, nominated);
    client.send(request, reply, context);
    return true;
  }

  /** Notes a nomination at once: the next cycle comes before the watch shows it (AddNominatedPod). */
  private nominate(pod: QueuedPod, nominated: number): void {
    const { nominations, nominatedNode } = this.options;
    const slot = nominated === NOMINATION_KEPT ? nominatedNode(pod.key) : nominated;
    if (slot < 0) nominations.delete(pod.key);
    else nominations.set(pod.key, pod.uid, pod.requirements, slot);
  }
}
