/**
 * The pattern of LIST: all objects of a resource, of one bucket of it or those that a label selector matches, from the watch cache or consistent,
 * in one answer or page by page until the server has no more. K:client-go/tools/pager.
 */
import type { Kind } from '../../cluster/index.ts';
import { isSuccess } from '../api-machinery/index.ts';
import type { Caller, LoadPattern } from './caller.ts';
import { OperationResult } from './load-statistics.ts';

/** Numbers of a LIST's message. */
const LIMIT = 1;
const CONTINUE_POSITION = 3;
const CONTINUE_REVISION = 4;
const SELECTED_SHARE = 5;

/** What is listed, and how. */
export interface ListOptions {
  readonly kind: Kind;
  /** Bucket of each list: EVERYTHING, or a node's pods. */
  readonly bucket: (caller: Caller) => number;
  /** resourceVersion "0": whatever the watch cache has. */
  readonly fromCache: boolean;
  /** Objects in a page, 0 = all in one answer. */
  readonly limit: number;
  /** Share of the objects that the label selector matches, 0 = no selector. */
  readonly selectedShare: number;
  /** Most pages that are read; all if left out. */
  readonly pages?: number;
}

/** A list with all its pages. */
export class PagedList implements LoadPattern {
  private readonly options: ListOptions;

  constructor(options: ListOptions) {
    this.options = options;
  }

  *perform(caller: Caller): Generator<number, number, number> {
    const { requests } = caller.load.clientGo;
    const { kind, fromCache, limit, selectedShare } = this.options;
    const bucket = this.options.bucket(caller);
    let pagesLeft = this.options.pages ?? Number.POSITIVE_INFINITY;
    let position = 0;
    let revision = 0;
    caller.attempts = 1;
    do {
      const request = caller.client.list(kind, bucket, fromCache && position === 0);
      requests.setNumber(request, LIMIT, limit);
      requests.setNumber(request, CONTINUE_POSITION, position);
      requests.setNumber(request, CONTINUE_REVISION, revision);
      requests.setNumber(request, SELECTED_SHARE, selectedShare);
      const reply = yield* caller.call(request);
      if (!isSuccess(requests.code[reply] as number)) return OperationResult.Failed;
      // The answer says where the next page begins; 0 = this was the last one.
      const next = requests.number(reply, CONTINUE_POSITION);
      position = next > position ? next : 0;
      revision = requests.number(reply, CONTINUE_REVISION);
      pagesLeft--;
    } while (position > 0 && pagesLeft > 0);
    return OperationResult.Ok;
  }
}
