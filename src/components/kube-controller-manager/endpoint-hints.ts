/**
 * For whom endpoints are meant: spec.trafficDistribution. K:staging/src/k8s.io/endpointslice/trafficdist/trafficdist.go.
 * Left out: the annotation service.kubernetes.io/topology-mode: Auto, which shares endpoints out by the CPU of zones.
 */
import type { EndpointHints, ServiceSpecification, SliceEndpoint } from '../../cluster/index.ts';

/** Hints of one endpoint in a zone; undefined = none. Only those that are Ready have any. */
export function hintsFor(
  { trafficDistribution }: ServiceSpecification,
  { ready, node }: SliceEndpoint,
  zone: string | undefined,
): EndpointHints | undefined {
  if (trafficDistribution === undefined || !ready) return undefined;
  const zones = zone === undefined ? {} : { zones: [zone] };
  if (trafficDistribution === 'PreferSameNode') return { ...zones, node };
  return zone === undefined ? undefined : zones;
}

/** Whether two endpoints are meant for the same. */
export function sameHints(left: EndpointHints | undefined, right: EndpointHints | undefined): boolean {
  return left?.node === right?.node && left?.zones?.[0] === right?.zones?.[0];
}
