/** createService: Services described in a few words, without a manifest. */
import { z } from 'zod';
import type { Intent, Labels } from '../../cluster/index.ts';
import { PlimsollError } from '../../errors/index.ts';
import { estimateStoredBytes } from '../../manifests/index.ts';
import { severalForms, strictMap } from '../schema-parts.ts';
import { labelsSchema, nameSchema, textSchema, wholeNumberSchema } from '../value-forms.ts';
import { numberedNamespace } from './create-deployment.ts';
import { operationKind, type Requesting, resolveRequesting } from './operation.ts';
import { preloadShape, requestShape } from './request-shape.ts';

/** A Service as intent. */
export type ServiceIntent = Extract<Intent, { kind: 'Service' }>;

/** Services to be created, resolved. */
export interface CreateService extends Requesting {
  readonly kind: 'createService';
  /** Name under which other operations find them. */
  readonly name: string;
  /** One POST each, in this order. */
  readonly intents: readonly ServiceIntent[];
  /** Whether they exist at t = 0. */
  readonly preload: boolean;
}

/** Most Services of one operation. */
const MAXIMUM_SERVICES = 100_000;
/** Most addresses of a Service without a selector. */
const MAXIMUM_ENDPOINTS = 10_000;
/** Highest port number. */
const MAXIMUM_PORT = 65_535;
/** Most namespaces of one operation. */
const MAXIMUM_NAMESPACES = 10_000;
/** Port of a service that names none, and of the containers behind it. */
const DEFAULT_PORTS = [{ port: 80, targetPort: 8080 }] as const;

const portNumber = wholeNumberSchema(1, MAXIMUM_PORT);
const portMap = strictMap({
  name: nameSchema.optional(),
  port: portNumber,
  targetPort: portNumber.optional(),
  nodePort: portNumber.optional(),
  protocol: z.enum(['TCP', 'UDP', 'SCTP']).optional(),
});
const portSchema = severalForms([portNumber, portMap], (written) =>
  typeof written === 'number' ? portNumber : portMap,
);

const selectorSchema = severalForms([nameSchema, labelsSchema], (written) =>
  typeof written === 'string' ? nameSchema : labelsSchema,
);

/** Keys that describe a Service. */
export const serviceShape = {
  selector: selectorSchema.optional(),
  type: z.enum(['ClusterIP', 'NodePort', 'LoadBalancer', 'ExternalName']).optional(),
  headless: z.boolean().optional(),
  ports: z.array(portSchema).min(1).optional(),
  sessionAffinity: z.enum(['None', 'ClientIP']).optional(),
  externalTrafficPolicy: z.enum(['Cluster', 'Local']).optional(),
  internalTrafficPolicy: z.enum(['Cluster', 'Local']).optional(),
  trafficDistribution: z.enum(['PreferSameZone', 'PreferSameNode']).optional(),
  publishNotReadyAddresses: z.boolean().optional(),
  externalIPs: z.array(textSchema('an address, such as 192.0.2.1')).optional(),
  loadBalancerSourceRanges: z.array(textSchema('a range, such as 10.0.0.0/8')).optional(),
};

export const createService = operationKind({
  help: 'Creates Services; `selector` is the name of a Deployment of createDeployment, or a map of labels. One without may have `endpoints`: addresses that no pod has.',
  schema: strictMap({
    name: nameSchema,
    namespace: nameSchema.optional(),
    namespaces: wholeNumberSchema(1, MAXIMUM_NAMESPACES).optional(),
    count: wholeNumberSchema(1, MAXIMUM_SERVICES).optional(),
    endpoints: wholeNumberSchema(1, MAXIMUM_ENDPOINTS).optional(),
    ...serviceShape,
    ...requestShape,
    ...preloadShape,
  }),
  resolve: (written, context): CreateService => {
    if (written.endpoints !== undefined && (written.selector !== undefined || written.preload !== true)) {
      context.errors.push(
        new PlimsollError('P209', {
          ...context.place(['endpoints']),
          message: 'endpoints are those of its selector, or of whoever writes them during the run',
          expected: 'endpoints without selector, and with preload: true',
          fix: 'remove endpoints, or the selector',
        }),
      );
    }
    return {
      kind: 'createService',
      name: written.name,
      intents: Array.from({ length: written.count ?? 1 }, (_, i) => makeService(written, i)),
      preload: written.preload ?? false,
      ...resolveRequesting(written, context),
    };
  },
});

/** What names and counts Services, beside what describes them. */
interface NamedService extends z.output<z.ZodObject<typeof serviceShape>> {
  readonly name: string;
  readonly namespace?: string | undefined;
  readonly namespaces?: number | undefined;
  readonly count?: number | undefined;
  readonly endpoints?: number | undefined;
}

/** The `i`-th Service of a description. */
export function makeService(written: NamedService, i = 0): ServiceIntent {
  const numbered = (name: string) => (written.count === undefined ? name : `${name}-${i}`);
  const selector: Labels | undefined =
    typeof written.selector === 'string' ? { app: numbered(written.selector) } : written.selector;
  const ports = (written.ports ?? DEFAULT_PORTS).map((port) => {
    const {
      name,
      port: number,
      targetPort,
      nodePort,
      protocol,
    } = typeof port === 'number' ? { port } : (port as z.output<typeof portMap>);
    return {
      name: name ?? '',
      protocol: protocol ?? 'TCP',
      port: number,
      targetPort: targetPort ?? number,
      nodePort: nodePort ?? 0,
    };
  });
  const specification = {
    type: written.type ?? 'ClusterIP',
    headless: written.headless ?? false,
    ...(selector === undefined ? {} : { selector }),
    ports,
    sessionAffinity: written.sessionAffinity ?? 'None',
    externalTrafficPolicy: written.externalTrafficPolicy ?? 'Cluster',
    internalTrafficPolicy: written.internalTrafficPolicy ?? 'Cluster',
    loadBalancerSourceRanges: written.loadBalancerSourceRanges ?? [],
    externalIps: written.externalIPs ?? [],
    ...(written.publishNotReadyAddresses === true ? { publishNotReadyAddresses: true } : {}),
    ...(written.trafficDistribution === undefined ? {} : { trafficDistribution: written.trafficDistribution }),
  };
  return {
    kind: 'Service',
    namespace: numberedNamespace(written, i),
    name: numbered(written.name),
    specification,
    bytes: estimateStoredBytes(specification, 'service'),
    ...(written.endpoints === undefined ? {} : { endpoints: written.endpoints }),
  };
}
