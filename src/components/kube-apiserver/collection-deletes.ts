/**
 * DELETE of a collection: the API server lists it and deletes object by object, one after the other, under the one request.
 * K:apiserver/pkg/registry/generic/registry/store.go:DeleteCollection with --delete-collection-workers 1.
 * Simplification: the list is the watch cache's at that moment. An object that somebody else deletes first is passed over.
 */
import {
  type Kind,
  kinds,
  type LabelSelector,
  type ObjectKey,
  type PodTemplate,
  selectorMatches,
} from '../../cluster/index.ts';
import { RequestFlag, type RequestId, StatusCode } from '../api-machinery/index.ts';
import type { WriteSteps } from './write-steps.ts';

/** Which objects of a kind. */
export interface CollectionSelection {
  /** Undefined = all namespaces. */
  readonly namespace?: string;
  /** Labels of pods; objects of other kinds have none in the model. Undefined = all. */
  readonly selector?: LabelSelector;
}

/** Number of a message that holds how many objects of the collection have been deleted. */
const POSITION = 0;

/** The collection deletes of one API server. */
export class CollectionDeletes {
  private readonly steps: WriteSteps;
  private readonly deleteOne: (request: RequestId) => void;
  private readonly done: (request: RequestId, code: number) => void;

  /** `deleteOne` deletes the object whose key the request has; `done` is told of the end. */
  constructor(
    steps: WriteSteps,
    deleteOne: (request: RequestId) => void,
    done: (request: RequestId, code: number) => void,
  ) {
    this.steps = steps;
    this.deleteOne = deleteOne;
    this.done = done;
  }

  /** Lists, and deletes the first. */
  start(request: RequestId): void {
    const { requests } = this.steps.around;
    requests.object[request] = this.collect(request);
    requests.setNumber(request, POSITION, 0);
    this.proceed(request);
  }

  /** One object is done. */
  onOneDone(request: RequestId, code: number): void {
    const { requests } = this.steps.around;
    this.steps.dropVersions(request);
    if (code !== StatusCode.Ok && code !== StatusCode.NotFound) {
      this.end(request, code);
      return;
    }
    requests.setNumber(request, POSITION, requests.number(request, POSITION) + 1);
    this.proceed(request);
  }

  private proceed(request: RequestId): void {
    const { requests } = this.steps.around;
    const key = (requests.object[request] as readonly ObjectKey[])[requests.number(request, POSITION)];
    if (key === undefined) {
      this.end(request, StatusCode.Ok);
      return;
    }
    requests.key[request] = key;
    requests.flags[request] = (requests.flags[request] as number) & ~RequestFlag.Fresh;
    this.deleteOne(request);
  }

  private end(request: RequestId, code: number): void {
    this.steps.around.requests.key[request] = -1;
    this.done(request, code);
  }

  private collect(request: RequestId): ObjectKey[] {
    const { requests, tables } = this.steps.around;
    const kind = requests.kind[request] as Kind;
    const keys = tables.keysOf(kind);
    const { namespace, selector } = requests.object[request] as CollectionSelection;
    const found: ObjectKey[] = [];
    this.steps.home.cache(kind).forEach((key, version) => {
      if (namespace !== undefined && keys.namespace(key) !== namespace) return;
      const labels = kind === kinds.pods ? (tables.pods.template.get(version) as PodTemplate).labels : {};
      if (selector === undefined || selectorMatches(selector, labels)) found.push(key);
    });
    return found;
  }
}
