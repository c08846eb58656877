/** All that one scheduler has for storage: its view, what is in use, and the binder. */
import type { ObjectKey, PodTemplate } from '../../../cluster/index.ts';
import type { SharedInformer } from '../../client-go/index.ts';
import { VolumeBinder, type VolumeBinderOptions } from './volume-binder.ts';
import { VolumeUsage } from './volume-usage.ts';
import type { VolumeView } from './volume-view.ts';

/** Storage of one scheduler. */
export class SchedulerVolumes {
  readonly view: VolumeView;
  readonly usage: VolumeUsage;
  readonly binder: VolumeBinder;

  constructor(options: VolumeBinderOptions) {
    this.view = options.view;
    this.usage = new VolumeUsage(options.view);
    this.binder = new VolumeBinder(options);
  }

  /** The informers that it needs. */
  get informers(): readonly SharedInformer[] {
    return this.view.informers;
  }

  /** Counts a pod on a node (`sign` 1) or no longer (-1). */
  count(pod: ObjectKey, slot: number, template: PodTemplate, sign: 1 | -1): void {
    this.usage.count(pod, slot, template, sign);
  }

  /** Forgets all: the process has ended. */
  clear(): void {
    this.binder.clear();
    this.view.clear();
    this.usage.clear();
  }
}
