/** Device classes, templates of claims and resource slices that exist when the run begins. */
import {
  type DeviceIntent,
  type Kind,
  kinds,
  type ObjectKey,
  type ObjectTables,
  type VersionHandle,
} from '../cluster/index.ts';
import type { ValuesOf } from '../engine/index.ts';
import type { objectSizeParameters } from './api-machinery/index.ts';

/** Puts devices into the store. */
export class PreloadedDevices {
  private readonly tables: ObjectTables;
  private readonly sizes: ValuesOf<typeof objectSizeParameters>;
  private readonly put: (kind: Kind, version: VersionHandle) => void;

  constructor(
    tables: ObjectTables,
    sizes: ValuesOf<typeof objectSizeParameters>,
    put: (kind: Kind, version: VersionHandle) => void,
  ) {
    this.tables = tables;
    this.sizes = sizes;
    this.put = put;
  }

  /** A DeviceClass or a ResourceClaimTemplate. */
  object(intent: DeviceIntent): void {
    if (intent.kind === 'DeviceClass') {
      const { deviceclasses } = this.tables;
      const version = deviceclasses.allocate(this.tables.keysOf('deviceclasses').intern('', intent.name));
      deviceclasses.driver.set(version, intent.driver);
      deviceclasses.bytes.set(version, intent.bytes);
      this.put(kinds.deviceclasses, version);
      return;
    }
    const { resourceclaimtemplates } = this.tables;
    const key = this.tables.keysOf('resourceclaimtemplates').intern(intent.namespace, intent.name);
    const version = resourceclaimtemplates.allocate(key);
    resourceclaimtemplates.requests.set(version, intent.requests);
    resourceclaimtemplates.bytes.set(version, intent.bytes);
    this.put(kinds.resourceclaimtemplates, version);
  }

  /** The slices of a node, one for each driver. */
  slices(node: ObjectKey, name: string, devices: Readonly<Record<string, number>>): void {
    const { resourceslices } = this.tables;
    for (const driver of Object.keys(devices)) {
      const count = devices[driver] as number;
      const version = resourceslices.allocate(this.tables.keysOf('resourceslices').intern('', `${name}-${driver}`));
      resourceslices.node.set(version, node);
      resourceslices.driver.set(version, driver);
      resourceslices.devices.set(version, count);
      resourceslices.bytes.set(version, this.sizes.resourceSlice + this.sizes.device * count);
      this.put(kinds.resourceslices, version);
    }
  }
}
