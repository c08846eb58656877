/** The pattern of one request each time: GET, POST, PUT without resourceVersion, PATCH, DELETE. */
import { isSuccess, type RequestId } from '../api-machinery/index.ts';
import type { ApiClient } from '../client-go/index.ts';
import type { Caller, LoadPattern } from './caller.ts';
import { OperationResult } from './load-statistics.ts';

/** Makes the next request. */
export type RequestMaker = (client: ApiClient, caller: Caller) => RequestId;

/** One request, not tried again (but for a 429, by client-go). */
export class SingleRequest implements LoadPattern {
  private readonly make: RequestMaker;

  constructor(make: RequestMaker) {
    this.make = make;
  }

  *perform(caller: Caller): Generator<number, number, number> {
    caller.attempts = 1;
    const { requests } = caller.load.clientGo;
    const reply = yield* caller.call(this.make(caller.client, caller));
    return isSuccess(requests.code[reply] as number) ? OperationResult.Ok : OperationResult.Failed;
  }
}
