/** What a write operation is: how a request of one kind and subresource turns the present version of an object into the next one. */
import type { Kind, ObjectTables, VersionHandle } from '../../../cluster/index.ts';
import type { ValuesOf } from '../../../engine/index.ts';
import type { SimTime } from '../../../units/index.ts';
import type { objectSizeParameters } from '../object-sizes.parameters.ts';
import type { RequestId, Requests } from '../requests.ts';

/** The write changes the object. */
export const CHANGED = 0;
/** The write leaves the object as it is: nothing is stored (GuaranteedUpdate's short circuit). */
export const UNCHANGED = 1;
/** In place of a nominated node: the nomination stays as it is. */
export const NOMINATION_KEPT = -2;

/** What a write may look at. */
export interface WriteContext {
  readonly tables: ObjectTables;
  readonly requests: Requests;
  readonly sizes: ValuesOf<typeof objectSizeParameters>;
  /** The API server's clock. */
  readonly now: SimTime;
}

/** A write operation. */
export interface Write {
  /** Verb number of requests that carry it. */
  readonly verb: number;
  /** Its kind; undefined = any of which only name and size matter, as the request says. */
  readonly kind: Kind | undefined;
  /** "status", "binding", "scale" …, "" = the object itself. */
  readonly subresource: string;
  /**
   * Changes `draft`, a copy of the present version (or a blank one for a create), as the request says.
   * Returns {@link CHANGED}, {@link UNCHANGED} or the status code of the refusal.
   */
  apply(context: WriteContext, draft: VersionHandle, request: RequestId): number;
  /** For POSTs that store nothing themselves: how many objects the API server reads from etcd to answer (TokenRequest). */
  readonly readsOnly?: number;
  /** Kinds of which one object each is stored before the object itself (a Service's IPAddress). */
  readonly allocates?: readonly Kind[];
}
