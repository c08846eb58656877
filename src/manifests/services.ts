/** Services, with the defaults of the API server (K:pkg/apis/core/v1/defaults.go:SetDefaults_Service). */
import type { Intent, ServicePort, ServiceSpecification } from '../cluster/index.ts';
import { seconds } from '../units/index.ts';
import type { FieldReader } from './field-reader.ts';
import { estimateStoredBytes } from './object-bytes.ts';
import type { ObjectIdentity } from './workloads.ts';

/** Largest port number. */
const MAXIMUM_PORT = 65_535;
/** Longest affinity: a day [s] (K:pkg/apis/core/validation: MaxClientIPServiceAffinitySeconds). */
const LONGEST_AFFINITY = 86_400;
/** Values of trafficDistribution. */
const TRAFFIC_DISTRIBUTIONS = ['PreferClose', 'PreferSameZone', 'PreferSameNode'] as const;

/** Fields of a service specification that nothing in the model reads. */
const SERVICE_FIELDS_WITHOUT_EFFECT = [
  'clusterIPs',
  'externalName',
  'healthCheckNodePort',
  'ipFamilies',
  'ipFamilyPolicy',
  'loadBalancerClass',
  'loadBalancerIP',
] as const;

/** A Service. */
export function readService(object: FieldReader, { namespace, name }: ObjectIdentity): Intent {
  const spec = object.requiredMap('spec');
  const type = spec.oneOf('type', ['ClusterIP', 'NodePort', 'LoadBalancer', 'ExternalName'], 'ClusterIP');
  const headless = spec.text('clusterIP') === 'None';
  const ports = spec.maps('ports').map(readPort);
  if (ports.length === 0 && type !== 'ExternalName' && !headless) {
    spec.refuse('ports', 'a service needs at least one port', 'a list of ports', 'add ports');
  }
  if (ports.length > 1 && ports.some((port) => port.name === '')) {
    spec.refuse('ports', 'with several ports, each needs a name', 'a name for each port');
  }
  const selector = spec.has('selector') ? spec.labels('selector') : undefined;
  const specification: ServiceSpecification = {
    type,
    headless,
    ...(selector === undefined || Object.keys(selector).length === 0 ? {} : { selector }),
    ports,
    sessionAffinity: spec.oneOf('sessionAffinity', ['None', 'ClientIP'], 'None'),
    externalTrafficPolicy: spec.oneOf('externalTrafficPolicy', ['Cluster', 'Local'], 'Cluster'),
    internalTrafficPolicy: spec.oneOf('internalTrafficPolicy', ['Cluster', 'Local'], 'Cluster'),
    loadBalancerSourceRanges: spec.texts('loadBalancerSourceRanges'),
    externalIps: spec.texts('externalIPs'),
    publishNotReadyAddresses: spec.flag('publishNotReadyAddresses', false),
    allocateNodePorts: spec.flag('allocateLoadBalancerNodePorts', true),
    ...readDistribution(spec),
    ...readAffinityTimeout(spec),
  };
  spec.ignore(...SERVICE_FIELDS_WITHOUT_EFFECT);
  spec.finish();
  return { kind: 'Service', namespace, name, specification, bytes: estimateStoredBytes(object.raw('spec'), 'service') };
}

/** PreferClose is the older name of PreferSameZone. */
function readDistribution(spec: FieldReader): Pick<ServiceSpecification, 'trafficDistribution'> {
  if (!spec.has('trafficDistribution')) return {};
  const written = spec.oneOf('trafficDistribution', TRAFFIC_DISTRIBUTIONS, 'PreferSameZone');
  return { trafficDistribution: written === 'PreferClose' ? 'PreferSameZone' : written };
}

function readAffinityTimeout(spec: FieldReader): Pick<ServiceSpecification, 'affinityTimeout'> {
  const configuration = spec.map('sessionAffinityConfig')?.map('clientIP');
  if (configuration?.has('timeoutSeconds') !== true) return {};
  return {
    affinityTimeout: seconds(configuration.wholeNumber('timeoutSeconds', 0, { least: 1, most: LONGEST_AFFINITY })),
  };
}

function readPort(reader: FieldReader): ServicePort {
  const port = reader.wholeNumber('port', 0, { least: 1, most: MAXIMUM_PORT });
  if (!reader.has('port')) reader.refuse('port', 'port is missing', 'a port number', 'add port');
  const targetPort = reader.raw('targetPort') ?? port;
  if (typeof targetPort !== 'string' && typeof targetPort !== 'number') {
    reader.refuse(
      'targetPort',
      'targetPort is neither a number nor a name',
      'a port number, or the name of a container port',
    );
  }
  const result: ServicePort = {
    name: reader.text('name') ?? '',
    protocol: reader.oneOf('protocol', ['TCP', 'UDP', 'SCTP'], 'TCP'),
    port,
    targetPort: targetPort as string | number,
    nodePort: reader.wholeNumber('nodePort', 0, { most: MAXIMUM_PORT }),
  };
  reader.ignore('appProtocol');
  reader.finish();
  return result;
}
