/** The queues of one level as lists through the requests' columns: first come, first served in each; a request may leave from anywhere. */
import type { RequestId } from '../../api-machinery/index.ts';
import { type FlowRequests, NONE } from './flow-requests.ts';

/** Lists by queue. */
export class WaitingQueues {
  /** First and last request that wait in each queue, {@link NONE} = none; state. */
  readonly heads: Int32Array;
  private readonly tails: Int32Array;
  /** Requests in each queue, and the sum of their estimated work [seat x ns]; state. */
  readonly lengths: Int32Array;
  readonly works: Float64Array;
  /** Requests in all queues, and the seats that they want; state. */
  waiting = 0;
  seats = 0;
  private readonly columns: FlowRequests;

  constructor(count: number, columns: FlowRequests) {
    this.columns = columns;
    this.heads = new Int32Array(count).fill(NONE);
    this.tails = new Int32Array(count).fill(NONE);
    this.lengths = new Int32Array(count);
    this.works = new Float64Array(count);
  }

  /** A request joins the end of a queue. */
  append(request: RequestId, queue: number): void {
    const { next, previous, work } = this.columns;
    const tail = this.tails[queue] as number;
    next[request] = NONE;
    previous[request] = tail;
    if (tail === NONE) this.heads[queue] = request;
    else next[tail] = request;
    this.tails[queue] = request;
    this.lengths[queue] = (this.lengths[queue] as number) + 1;
    this.works[queue] = (this.works[queue] as number) + (work[request] as number);
    this.waiting++;
    this.seats += this.columns.seats(request);
  }

  /** A request leaves its queue. */
  remove(request: RequestId, queue: number): void {
    const { next, previous, work } = this.columns;
    const before = previous[request] as number;
    const after = next[request] as number;
    if (before === NONE) this.heads[queue] = after;
    else next[before] = after;
    if (after === NONE) this.tails[queue] = before;
    else previous[after] = before;
    this.lengths[queue] = (this.lengths[queue] as number) - 1;
    this.works[queue] = (this.works[queue] as number) - (work[request] as number);
    this.waiting--;
    this.seats -= this.columns.seats(request);
  }
}
