/** The published figures with which the model is compared, from data/published. */
import { parse } from 'yaml';
import type { Conditions, Reference, ReferencePoint } from '../validation-case.ts';

/** File below data/ with all of them. */
export const PUBLISHED = 'published/etcd-and-apiserver.yaml';

/** One published figure. */
interface PublishedFigure {
  readonly id: string;
  /** Points at which the model is compared with it. */
  readonly points?: readonly { readonly conditions: Conditions; readonly references: readonly Reference[] }[];
  /** Why it is compared at none. */
  readonly leftOut?: string;
}

/** The points of the figures whose ids begin with `prefix`; `nameOf` tells their conditions in words. */
export function publishedPoints(
  text: string,
  prefix: string,
  nameOf: (conditions: Conditions) => string,
): ReferencePoint[] {
  return (parse(text) as PublishedFigure[])
    .filter(({ id }) => id.startsWith(prefix))
    .flatMap(({ id, points = [] }) =>
      points.map(({ conditions, references }) => ({ name: `${id} ${nameOf(conditions)}`, conditions, references })),
    );
}
