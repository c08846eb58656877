/**
 * Many requests at once from inside a process, which goes on when all are answered: goroutines and a WaitGroup. The client's limiter
 * still spaces them out.
 */
import { type ProcessId, SUSPEND } from '../../engine/index.ts';
import type { RequestId } from '../api-machinery/index.ts';
import type { ApiClient } from './api-client.ts';
import type { ClientGo } from './client-go.ts';

/** Told of each answer, in the order in which they come; it reads what it needs from the request there and then. */
export type AnswerListener = (request: RequestId) => void;

/** Requests that one process waits for. */
interface Group {
  process: ProcessId;
  unanswered: number;
  listener: AnswerListener | undefined;
}

/** Sends groups of requests. One for each component that needs it. */
export class Gather {
  private readonly clientGo: ClientGo;
  private readonly onAnswer: number;
  private readonly groups: Group[] = [];
  private readonly freeGroups: number[] = [];

  constructor(clientGo: ClientGo) {
    this.clientGo = clientGo;
    this.onAnswer = clientGo.onReplyDo((request, group) => this.answered(request, group));
  }

  /** Sends all requests and yields until the last one is answered. */
  *all(client: ApiClient, requests: readonly RequestId[], listener?: AnswerListener): Generator<number, void, number> {
    if (requests.length === 0) return;
    const number = this.freeGroups.pop() ?? this.groups.length;
    const group = { process: this.clientGo.simulation.processes.current, unanswered: requests.length, listener };
    this.groups[number] = group;
    for (const request of requests) client.send(request, this.onAnswer, number);
    yield SUSPEND;
    this.freeGroups.push(number);
  }

  private answered(request: RequestId, number: number): void {
    const group = this.groups[number] as Group;
    group.listener?.(request);
    group.unanswered--;
    if (group.unanswered === 0) this.clientGo.simulation.processes.resume(group.process, 0);
  }
}
