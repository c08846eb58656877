/** Services for tests: random ones with endpoints on nodes and in zones. */
import fc from 'fast-check';
import type { ObjectKey, ServicePort, ServiceSpecification, SliceEndpoint } from '../../../src/cluster/index.ts';
import { modeParameters } from '../../../src/components/kube-proxy/modes/index.ts';
import { type PlainParameterValue, valuesOf } from '../../../src/engine/index.ts';

/** Parameters of modes with their defaults, some of them replaced. */
export function parametersWith(changes: Readonly<Record<string, PlainParameterValue>> = {}) {
  return valuesOf(modeParameters, changes);
}

/** A ClusterIP service with one port. */
export const CLUSTER_IP: ServiceSpecification = {
  type: 'ClusterIP',
  headless: false,
  ports: [{ name: '', protocol: 'TCP', port: 80, targetPort: 80, nodePort: 0 }],
  sessionAffinity: 'None',
  externalTrafficPolicy: 'Cluster',
  internalTrafficPolicy: 'Cluster',
  loadBalancerSourceRanges: [],
  externalIps: [],
};

const portArbitrary: fc.Arbitrary<ServicePort> = fc.record({
  name: fc.constantFrom('http', 'grpc', 'metrics'),
  protocol: fc.constantFrom('TCP', 'UDP', 'SCTP'),
  port: fc.integer({ min: 1, max: 65_535 }),
  targetPort: fc.constant(80),
  nodePort: fc.constantFrom(0, 0, 30_080),
});

/** Services of every type, with any number of ports, addresses and source ranges, and all policies. */
export const serviceArbitrary: fc.Arbitrary<ServiceSpecification> = fc.record({
  type: fc.constantFrom('ClusterIP', 'NodePort', 'LoadBalancer', 'ExternalName'),
  headless: fc.oneof({ weight: 5, arbitrary: fc.constant(false) }, { weight: 1, arbitrary: fc.constant(true) }),
  ports: fc.array(portArbitrary, { maxLength: 3 }),
  sessionAffinity: fc.constantFrom('None', 'ClientIP'),
  externalTrafficPolicy: fc.constantFrom('Cluster', 'Local'),
  internalTrafficPolicy: fc.constantFrom('Cluster', 'Local'),
  loadBalancerSourceRanges: fc.array(fc.constantFrom('10.0.0.0/8', '192.168.0.0/16', '172.16.0.0/12'), {
    maxLength: 2,
  }),
  externalIps: fc.array(fc.constantFrom('1.2.3.4', '5.6.7.8', '9.9.9.9'), { maxLength: 2 }),
  allocateNodePorts: fc.boolean(),
});

/** Nodes of the random worlds, and the zone of each; the last has none. */
export const NODES = [0, 1, 2, 3];
const ZONES = ['a', 'b', 'a', ''];
export const zoneOf = (node: number) => ZONES[node] ?? '';

const conditionArbitrary = fc.constantFrom(
  { ready: true, serving: true, terminating: false },
  { ready: true, serving: true, terminating: false },
  { ready: false, serving: true, terminating: true },
  { ready: false, serving: false, terminating: false },
);

/** Endpoints with conditions, on nodes, most of them without hints. */
const hintsArbitrary = fc.constantFrom<'none' | 'zone' | 'node' | 'some'>('none', 'none', 'zone', 'node', 'some');

/** The endpoints of a slice; pods have numbers from `first` on. */
export function endpointsArbitrary(first: number): fc.Arbitrary<SliceEndpoint[]> {
  const drawn = fc.tuple(
    fc.array(fc.tuple(conditionArbitrary, fc.nat(3), fc.boolean()), { maxLength: 5 }),
    hintsArbitrary,
  );
  return drawn.map(([endpoints, hints]) =>
    endpoints.map(([conditions, node, coin], i) => {
      const hinted = hints === 'zone' || hints === 'node' || (hints === 'some' && coin);
      return {
        pod: (first + i) as ObjectKey,
        node: node as ObjectKey,
        ...conditions,
        ...(hinted
          ? { hints: { zones: [zoneOf(node) || 'a'], ...(hints === 'node' ? { node: node as ObjectKey } : {}) } }
          : {}),
      };
    }),
  );
}
