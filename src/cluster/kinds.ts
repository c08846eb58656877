/** The kinds of API objects, by their resource name in URLs and metrics. A kind's number indexes every table that is kept per kind. */

/** Resource names in the order of their numbers. New kinds are appended. */
export const resourceNames = [
  'pods',
  'nodes',
  'leases',
  'deployments',
  'replicasets',
  'services',
  'endpoints',
  'endpointslices',
  'events',
  'namespaces',
  'serviceaccounts',
  'configmaps',
  'secrets',
  'ipaddresses',
] as const;

/** Resource name of a kind ("pods"). */
export type ResourceName = (typeof resourceNames)[number];

declare const kindBrand: unique symbol;
/** Number of a kind: index into {@link resourceNames}. */
export type Kind = number & { readonly [kindBrand]: 'Kind' };

/** Kind numbers by resource name: `kinds.pods`. */
export const kinds = Object.fromEntries(resourceNames.map((name, index) => [name, index])) as Readonly<
  Record<ResourceName, Kind>
>;

/** Number of kinds. */
export const KIND_COUNT = resourceNames.length;

/** Kinds whose PUT without resourceVersion is refused with 422 (registry strategies with AllowUnconditionalUpdate = false). */
export const kindsRefusingUnconditionalUpdate: ReadonlySet<Kind> = new Set([kinds.leases]);

/** Resource name of a kind. */
export function resourceName(kind: Kind): ResourceName {
  return resourceNames[kind] as ResourceName;
}
