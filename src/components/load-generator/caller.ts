/** One client of a load: it makes requests one after the other and counts what is answered. */
import type { RandomStream } from '../../engine/index.ts';
import type { RequestId } from '../api-machinery/index.ts';
import type { ApiClient, ClientGo } from '../client-go/index.ts';
import type { LoadStatistics } from './load-statistics.ts';

/** What a caller needs of its load. */
export interface CallersLoad {
  readonly clientGo: ClientGo;
  readonly statistics: LoadStatistics;
  /** Draws of objects, pauses and think times. */
  readonly random: RandomStream;
  /** Whether no further attempt is to be made, state. */
  readonly isOver: boolean;
}

/** One client. */
export class Caller {
  readonly load: CallersLoad;
  /** The connection that its requests go over. */
  readonly client: ApiClient;
  /** Attempts of the operation that it is at, state. */
  attempts = 0;

  constructor(load: CallersLoad, client: ApiClient) {
    this.load = load;
    this.client = client;
  }

  /** Makes a request and waits for its answer, which can be read until the caller yields again. */
  *call(request: RequestId): Generator<number, RequestId, number> {
    const { clientGo, statistics } = this.load;
    const reply = yield* this.client.call(request);
    statistics.answered(clientGo.requests.code[reply] as number);
    return reply;
  }
}

/** What a load does each time. */
export interface LoadPattern {
  /** Carries out one operation for a caller; returns an {@link OperationResult}. */
  perform(caller: Caller): Generator<number, number, number>;
}
