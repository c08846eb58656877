/**
 * The pattern of optimistic concurrency: GET an object, think, PUT it with the resourceVersion that was read, and on a conflict read and write again
 * as the retry policy says. K:client-go/util/retry/util.go (RetryOnConflict).
 */
import { NO_VERSION } from '../../cluster/index.ts';
import type { Distribution } from '../../engine/index.ts';
import { isSuccess, StatusCode, writes } from '../api-machinery/index.ts';
import type { Caller, LoadPattern } from './caller.ts';
import { OperationResult } from './load-statistics.ts';
import type { Population } from './population.ts';
import { pauseAfter, type RetryPolicy } from './retry-policy.ts';

/** What is changed, and how. */
export interface GetModifyPutOptions {
  readonly population: Population;
  /** Size of the object [B]. */
  readonly size: number;
  readonly retry: RetryPolicy;
  /** What lies between the answer to the GET and the PUT. */
  readonly modify: Distribution;
}

/** GET, modify, PUT. */
export class GetModifyPut implements LoadPattern {
  private readonly options: GetModifyPutOptions;

  constructor(options: GetModifyPutOptions) {
    this.options = options;
  }

  *perform(caller: Caller): Generator<number, number, number> {
    const { population, size, retry, modify } = this.options;
    const { clientGo, random } = caller.load;
    const { requests } = clientGo;
    const table = clientGo.tables.of(population.kind);
    const key = population.any(random);
    caller.attempts = 0;
    while (caller.attempts < retry.steps) {
      if (caller.attempts > 0) {
        if (caller.load.isOver) return OperationResult.Unfinished;
        const pause = pauseAfter(retry, caller.attempts, random);
        if (pause > 0) yield pause;
      }
      caller.attempts++;
      const read = yield* caller.call(caller.client.read(population.kind, key));
      const found = requests.resultOf(read);
      if (!isSuccess(requests.code[read] as number) || found === NO_VERSION) return OperationResult.Failed;
      const revision = table.revision.get(found);
      const modifying = modify.sample(random);
      if (modifying > 0) yield modifying;
      const put = caller.client.write(writes.objectUpdate, key, population.kind);
      requests.setNumber(put, 0, size);
      requests.expectedRevision[put] = revision;
      const reply = yield* caller.call(put);
      const code = requests.code[reply] as number;
      if (isSuccess(code)) return OperationResult.Ok;
      if (code !== StatusCode.Conflict) return OperationResult.Failed;
    }
    return OperationResult.Exhausted;
  }
}
