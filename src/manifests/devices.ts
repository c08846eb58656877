/** DeviceClasses, ResourceClaimTemplates and the claims of pods (K:pkg/apis/resource). Devices are told apart by their driver and counted. */
import type { DeviceRequest, Intent, PodTemplate } from '../cluster/index.ts';
import type { FieldReader } from './field-reader.ts';
import { estimateStoredBytes } from './object-bytes.ts';
import type { ObjectIdentity } from './workloads.ts';

/** The only expression over devices that the model understands. */
const DRIVER_EXPRESSION = /^\s*device\.driver\s*==\s*["']([^"']+)["']\s*$/;

/** A DeviceClass: the devices of one driver. */
export function readDeviceClass(object: FieldReader, { name }: ObjectIdentity): Intent {
  const spec = object.requiredMap('spec');
  const drivers = spec.maps('selectors').map((selector) => {
    const cel = selector.requiredMap('cel');
    const expression = cel.requiredText('expression');
    const driver = DRIVER_EXPRESSION.exec(expression)?.[1];
    if (driver === undefined)
      cel.refuse(
        'expression',
        `"${expression}" is not understood`,
        'device.driver == "…"',
        'select by the driver alone',
      );
    cel.finish();
    selector.finish();
    return driver ?? '';
  });
  if (drivers.length !== 1) spec.refuse('selectors', 'a class needs one selector', 'one selector by device.driver');
  spec.ignore('config', 'extendedResourceName');
  spec.finish();
  const bytes = estimateStoredBytes(object.raw('spec'), 'other');
  return { kind: 'DeviceClass', namespace: '', name, driver: drivers[0] ?? '', bytes };
}

/** A ResourceClaimTemplate. */
export function readResourceClaimTemplate(object: FieldReader, { namespace, name }: ObjectIdentity): Intent {
  const outer = object.requiredMap('spec');
  const spec = outer.requiredMap('spec');
  const devices = spec.requiredMap('devices');
  const requests = devices.maps('requests').map(readRequest);
  if (requests.length === 0)
    devices.refuse('requests', 'a claim needs a request', 'a list of requests', 'add requests');
  devices.ignore('config', 'constraints');
  devices.finish();
  spec.finish();
  outer.ignore('metadata');
  outer.finish();
  const bytes = estimateStoredBytes(object.raw('spec'), 'other');
  return { kind: 'ResourceClaimTemplate', namespace, name, requests, bytes };
}

function readRequest(entry: FieldReader): DeviceRequest {
  const name = entry.requiredText('name');
  const exactly = entry.requiredMap('exactly');
  exactly.oneOf('allocationMode', ['ExactCount'], 'ExactCount');
  const request = {
    name,
    deviceClass: exactly.requiredText('deviceClassName'),
    count: exactly.wholeNumber('count', 1, { least: 1 }),
  };
  exactly.ignore('adminAccess', 'selectors', 'tolerations', 'capacity');
  exactly.finish();
  entry.finish();
  return request;
}

/** spec.resourceClaims of a pod. */
export function readPodClaims(spec: FieldReader): NonNullable<PodTemplate['resourceClaims']> {
  return spec.maps('resourceClaims').map((entry) => {
    const name = entry.requiredText('name');
    if (entry.has('resourceClaimName')) {
      entry.refuse('resourceClaimName', 'a claim that pods share is not modelled', 'resourceClaimTemplateName');
      entry.raw('resourceClaimName');
    }
    const templateName = entry.requiredText('resourceClaimTemplateName');
    entry.finish();
    return { name, templateName };
  });
}
