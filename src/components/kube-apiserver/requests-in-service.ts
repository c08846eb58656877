/**
 * The requests that one API server has in service, from their arrival to their answer: their deadlines, their places in flow control, the memory that they
 * hold, and their end: an answer, a 504 when the deadline passes, or a broken connection when the process ends.
 *
 * When a deadline passes the client is answered at once. The handler ends when it looks up next: at once where it waits, or when its CPU is done; only then
 * is its place in flow control free (K:apiserver/pkg/server/filters/timeout.go runs it in a goroutine of its own). What etcd has been asked for is carried out.
 */
import { RequestFlag, type RequestId, StatusCode, Verb } from '../api-machinery/index.ts';
import { Deadlines } from './deadlines.ts';
import type { RequestFilter } from './request-filter.ts';
import type { RequestMetrics } from './request-metrics.ts';
import type { ServerMemory } from './server-memory.ts';
import type { ServerProcess } from './server-process.ts';
import type { ApiServerSurroundings } from './surroundings.ts';

/** What the requests in service need of their server. */
export interface ServiceSurroundings {
  readonly around: ApiServerSurroundings;
  readonly name: string;
  readonly process: ServerProcess;
  readonly memory: ServerMemory;
  readonly metrics: RequestMetrics;
  /** Gives a place in flow control back. */
  release: RequestFilter['release'];
  /** Gives up the versions that a request holds. */
  dropVersions(request: RequestId): void;
}

/** The requests in service of one server. */
export class RequestsInService {
  private readonly options: ServiceSurroundings;
  private readonly deadlines: Deadlines;

  constructor(options: ServiceSurroundings) {
    const { around, name } = options;
    this.options = options;
    this.deadlines = new Deadlines(around.simulation, name, {
      requests: around.requests,
      longest: around.parameters.requestTimeout,
      expired: (request) => this.onExpired(request),
    });
  }

  /** A request has arrived. Watches have no deadline. */
  enter(request: RequestId): void {
    if (this.options.around.requests.verb[request] !== Verb.Watch) this.deadlines.add(request);
  }

  /** Flow control has given a request a place. */
  admitted(request: RequestId): void {
    const { requests } = this.options.around;
    requests.flags[request] = (requests.flags[request] as number) | RequestFlag.HoldsPlace;
  }

  /** The answer of a request leaves, and the request with it. */
  answer(request: RequestId): void {
    const { around, metrics } = this.options;
    this.leave(request);
    metrics.answered(request, around.requests, around.simulation.now - (around.requests.receivedAt[request] as number));
    around.carrier.carryReply(request);
    this.letProcessEnd();
  }

  /** Whether a request that has come to the end of a stage ends there: its client was answered with 504, or the process that took it has ended. */
  isOver(request: RequestId): boolean {
    const { around } = this.options;
    if (around.requests.incarnation[request] === this.options.process.incarnation) {
      if (!this.isAbandoned(request)) return false;
      this.leave(request);
    }
    this.breakOff(request);
    return true;
  }

  /** Whether nobody waits for the answer of a request any more. */
  isAbandoned(request: RequestId): boolean {
    return ((this.options.around.requests.flags[request] as number) & RequestFlag.Abandoned) !== 0;
  }

  /** Answers with a broken connection, if anybody waits for an answer. */
  breakOff(request: RequestId): void {
    const { around, dropVersions } = this.options;
    const { requests, carrier } = around;
    dropVersions(request);
    if (this.isAbandoned(request)) {
      carrier.drop(request);
      return;
    }
    requests.code[request] = StatusCode.ConnectionBroken;
    requests.replyBytes[request] = 0;
    carrier.carryReply(request);
  }

  /** A process that was asked to end does so when nothing is in service. */
  letProcessEnd(): void {
    if (this.options.process.isDraining && this.deadlines.count === 0) this.options.process.hasServedAll();
  }

  /** The process has ended. */
  clear(): void {
    this.deadlines.clear();
    this.options.memory.clear();
  }

  private onExpired(request: RequestId): void {
    const { around, metrics } = this.options;
    const { requests, simulation, carrier } = around;
    const answer = carrier.standIn(request);
    requests.flags[request] = (requests.flags[request] as number) | RequestFlag.Abandoned;
    requests.code[answer] = StatusCode.GatewayTimeout;
    metrics.answered(answer, requests, simulation.now - (requests.receivedAt[answer] as number));
    carrier.carryReply(answer);
    if (((requests.flags[request] as number) & RequestFlag.OnCpu) === 0) this.leave(request);
    this.letProcessEnd();
  }

  /** Its deadline does not matter any more; its place in flow control and its memory are free. */
  private leave(request: RequestId): void {
    const { around, memory, release } = this.options;
    const { requests } = around;
    const flags = requests.flags[request] as number;
    this.deadlines.remove(request);
    requests.flags[request] = flags & ~RequestFlag.HoldsPlace;
    if ((flags & RequestFlag.HoldsPlace) !== 0) release(request);
    memory.giveBack(requests.memory[request] as number);
    requests.memory[request] = 0;
  }
}
