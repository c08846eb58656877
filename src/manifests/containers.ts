/** Containers of a pod specification, with the defaults of the API server (K:pkg/apis/core/v1/defaults.go). */
import { type Container, type ContainerPort, type PreStopHook, type Probe, probeHandlers } from '../cluster/index.ts';
import type { FieldReader } from './field-reader.ts';
import { readContainerResources } from './resources.ts';
import { environmentRefersToSettings } from './settings-references.ts';

/** Defaults of SetDefaults_Probe, in seconds and counts. */
const PROBE_DEFAULTS = { initialDelay: 0, period: 10, timeout: 1, success: 1, failure: 3 } as const;

/** Largest port number. */
const MAXIMUM_PORT = 65_535;

/** Fields of a container that nothing in the model reads. */
const CONTAINER_FIELDS_WITHOUT_EFFECT = [
  'args',
  'command',
  'env',
  'envFrom',
  'resizePolicy',
  'restartPolicyRules',
  'securityContext',
  'stdin',
  'stdinOnce',
  'terminationMessagePath',
  'terminationMessagePolicy',
  'tty',
  'volumeDevices',
  'volumeMounts',
  'workingDir',
] as const;

/** Reads `containers` or `initContainers`. */
export function readContainers(pod: FieldReader, key: 'containers' | 'initContainers'): readonly Container[] {
  const names = new Set<string>();
  return pod.maps(key).map((reader) => {
    const container = readContainer(reader, key === 'initContainers');
    if (container.name !== '' && names.has(container.name)) {
      reader.refuse(
        'name',
        `there are two containers named "${container.name}"`,
        'a name of its own for each container',
      );
    }
    names.add(container.name);
    return container;
  });
}

function readContainer(reader: FieldReader, isInit: boolean): Container {
  const name = reader.requiredText('name');
  const image = reader.text('image') ?? '';
  // Only init containers have a restart policy of their own: Always makes one a sidecar.
  const sidecar = isInit && reader.oneOf('restartPolicy', ['', 'Always', 'OnFailure', 'Never'], '') === 'Always';
  const startupProbe = readProbe(reader.map('startupProbe'));
  const livenessProbe = readProbe(reader.map('livenessProbe'));
  const readinessProbe = readProbe(reader.map('readinessProbe'));
  const preStop = readPreStop(reader.map('lifecycle'));
  const container: Container = {
    name,
    image,
    imagePullPolicy: reader.oneOf('imagePullPolicy', ['Always', 'IfNotPresent', 'Never'], defaultPullPolicy(image)),
    ...readContainerResources(reader),
    ports: reader.maps('ports').map(readPort),
    ...(startupProbe === undefined ? {} : { startupProbe }),
    ...(livenessProbe === undefined ? {} : { livenessProbe }),
    ...(readinessProbe === undefined ? {} : { readinessProbe }),
    ...(preStop === undefined ? {} : { preStop }),
    sidecar,
  };
  // Secrets and ConfigMaps that the environment names are read with the pod (settings-references.ts); nothing else of it matters.
  if (environmentRefersToSettings(reader.peek('env'), reader.peek('envFrom'))) {
    reader.raw('env');
    reader.raw('envFrom');
  }
  reader.ignore(...CONTAINER_FIELDS_WITHOUT_EFFECT, 'restartPolicy');
  reader.finish();
  return container;
}

/** Always for the tag latest or none, unless a digest pins the image (SetDefaults_Container). */
function defaultPullPolicy(image: string): Container['imagePullPolicy'] {
  if (image.includes('@')) return 'IfNotPresent';
  const afterSlash = image.slice(image.lastIndexOf('/') + 1);
  const tag = afterSlash.includes(':') ? afterSlash.slice(afterSlash.indexOf(':') + 1) : 'latest';
  return tag === 'latest' ? 'Always' : 'IfNotPresent';
}

function readPort(reader: FieldReader): ContainerPort {
  const port: ContainerPort = {
    name: reader.text('name') ?? '',
    containerPort: reader.wholeNumber('containerPort', 0, { least: 1, most: MAXIMUM_PORT }),
    hostPort: reader.wholeNumber('hostPort', 0, { most: MAXIMUM_PORT }),
    hostIp: reader.text('hostIP') ?? '',
    protocol: reader.oneOf('protocol', ['TCP', 'UDP', 'SCTP'], 'TCP'),
  };
  if (port.containerPort === 0 && !reader.has('containerPort')) {
    reader.refuse('containerPort', 'containerPort is missing', 'a port number', 'add containerPort');
  }
  reader.finish();
  return port;
}

function readProbe(reader: FieldReader | undefined): Probe | undefined {
  if (reader === undefined) return undefined;
  const handlers = probeHandlers.filter((handler) => reader.has(handler));
  const [handler = 'httpGet'] = handlers;
  if (handlers.length !== 1) {
    const message = handlers.length === 0 ? 'the probe has no handler' : 'the probe has several handlers';
    reader.refuse(handlers[1] ?? 'httpGet', message, 'one of exec, grpc, httpGet, tcpSocket', 'give one handler');
  }
  const grace = reader.has('terminationGracePeriodSeconds');
  const probe: Probe = {
    initialDelay: reader.seconds('initialDelaySeconds', PROBE_DEFAULTS.initialDelay),
    period: reader.seconds('periodSeconds', PROBE_DEFAULTS.period, 1),
    timeout: reader.seconds('timeoutSeconds', PROBE_DEFAULTS.timeout, 1),
    successThreshold: reader.wholeNumber('successThreshold', PROBE_DEFAULTS.success, { least: 1 }),
    failureThreshold: reader.wholeNumber('failureThreshold', PROBE_DEFAULTS.failure, { least: 1 }),
    handler,
    ...(grace ? { terminationGracePeriod: reader.seconds('terminationGracePeriodSeconds', 1, 1) } : {}),
  };
  // Whom and what it asks does not matter: the probed program answers as the scenario says.
  for (const name of probeHandlers) reader.raw(name);
  reader.finish();
  return probe;
}

/** What happens before a container is stopped. Hooks after its start have no effect. */
function readPreStop(lifecycle: FieldReader | undefined): PreStopHook | undefined {
  if (lifecycle === undefined) return undefined;
  const reader = lifecycle.map('preStop');
  const sleep = reader?.map('sleep');
  const hook = sleep === undefined ? {} : { sleep: sleep.seconds('seconds', 0) };
  sleep?.finish();
  for (const name of ['exec', 'httpGet', 'tcpSocket']) reader?.raw(name);
  reader?.finish();
  lifecycle.ignore('postStart', 'stopSignal');
  lifecycle.finish();
  return reader === undefined ? undefined : hook;
}
