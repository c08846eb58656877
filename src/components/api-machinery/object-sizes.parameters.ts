/** Serialised sizes of objects in the store. They drive etcd's database size, WAL bytes and the bytes of watch notifications. */
import { assumption, count, defineParameters, measured } from '../../engine/index.ts';

const summary = (row: string) =>
  measured(`objects/summary.csv row ${row}`, 'protobuf, as kube-apiserver stores built-in kinds');

export const objectSizeParameters = defineParameters({
  podManagedFields: count({
    default: 2084,
    unit: 'B',
    range: [0, 1e6],
    help: 'What managedFields add to a running pod beyond its specification and status.',
    source: summary('Pod/running/1c+managedFields (3706 B) less Pod/running/1c (1622 B)'),
  }),
  podStatus: count({
    default: 650,
    unit: 'B',
    range: [0, 1e6],
    help: 'What the status of a running pod with one container adds to the pod as created.',
    source: summary('Pod/running/1c'),
  }),
  node: count({
    default: 3893,
    unit: 'B',
    range: [100, 1.5e6],
    help: 'A node with five images and managedFields; production nodes with many images reach 20 kB (KEP-589).',
    source: summary('Node/5images+managedFields'),
  }),
  lease: count({ default: 313, unit: 'B', range: [50, 1e5], help: 'A node lease.', source: summary('Lease/node') }),
  event: count({ default: 682, unit: 'B', range: [50, 1e5], help: 'An Event.', source: summary('Event/scheduler') }),
  deployment: count({
    default: 2546,
    unit: 'B',
    range: [100, 1.5e6],
    help: 'A Deployment created by createDeployment; applied manifests use their own size.',
    source: summary('Deployment'),
  }),
  replicaSet: count({
    default: 2546,
    unit: 'B',
    range: [100, 1.5e6],
    help: "A ReplicaSet: its template is the Deployment's.",
    source: summary('Deployment'),
  }),
  service: count({
    default: 1000,
    unit: 'B',
    range: [50, 1e6],
    help: 'A Service.',
    source: assumption(
      'a Service with a few ports and managedFields, between a Namespace (179 B) and a Deployment (2,546 B) of objects/summary.csv',
    ),
  }),
  endpointSliceBase: count({
    default: 876,
    unit: 'B',
    range: [50, 1e6],
    help: 'An EndpointSlice without endpoints.',
    source: summary('EndpointSlice/1 (1041 B) less one endpoint'),
  }),
  endpoint: count({
    default: 165,
    unit: 'B',
    range: [10, 1e4],
    help: 'One endpoint of a slice, or one address of Endpoints.',
    source: summary('EndpointSlice/1000 (165349 B) over 1,000 endpoints'),
  }),
  resourceClaim: count({
    default: 900,
    unit: 'B',
    range: [0, 1e6],
    help: 'A ResourceClaim with one request, its allocation and its managedFields.',
    source: assumption('between a PersistentVolumeClaim and a pod; not measured'),
  }),
  resourceSlice: count({
    default: 600,
    unit: 'B',
    range: [0, 1e6],
    help: 'A ResourceSlice beside its devices.',
    source: assumption('metadata, pool and node name; not measured'),
  }),
  device: count({
    default: 150,
    unit: 'B',
    range: [0, 1e6],
    help: 'A device in a ResourceSlice.',
    source: assumption('a name and two or three attributes; not measured'),
  }),
});
