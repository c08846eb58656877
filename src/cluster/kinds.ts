/**
 * The kinds of API objects, by their resource name in URLs and metrics. A kind's number indexes every table that is kept per kind.
 * Built-in kinds have fixed numbers; the custom resources of a scenario follow them, and only {@link ObjectTables} knows their names.
 */
import type { Bytes } from '../units/index.ts';

/** Resource names of the built-in kinds in the order of their numbers. New kinds are appended. */
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
  'resourcequotas',
  'limitranges',
  'persistentvolumes',
  'persistentvolumeclaims',
  'storageclasses',
  'csinodes',
  'priorityclasses',
  'poddisruptionbudgets',
  'deviceclasses',
  'resourceslices',
  'resourceclaimtemplates',
  'resourceclaims',
  'podgroups',
  'ingresses',
  'networkpolicies',
] as const;

/** Resource name of a built-in kind ("pods"). */
export type ResourceName = (typeof resourceNames)[number];

declare const kindBrand: unique symbol;
/** Number of a kind: index into {@link resourceNames}, or beyond them for a custom resource. */
export type Kind = number & { readonly [kindBrand]: 'Kind' };

/** Kind numbers by resource name: `kinds.pods`. */
export const kinds = Object.fromEntries(resourceNames.map((name, index) => [name, index])) as Readonly<
  Record<ResourceName, Kind>
>;

/** Kinds whose PUT without resourceVersion is refused with 422 (registry strategies with AllowUnconditionalUpdate = false). */
export const kindsRefusingUnconditionalUpdate: ReadonlySet<Kind> = new Set([kinds.leases]);

/** A custom resource: a kind of which only name and size matter, stored as JSON. */
export interface CustomResource {
  /** Plural name and group: "widgets.example.com". */
  readonly resource: string;
  /** Stored size of an object, where whoever creates it says nothing else. */
  readonly size: Bytes;
}
