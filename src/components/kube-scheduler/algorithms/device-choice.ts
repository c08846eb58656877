/** Which GPUs of the chosen node a pod gets, where its chooser does not mind. */
import { NO_DEVICES, WHOLE_GPU } from '../gpu-columns.ts';
import type { PodRequirements } from '../pod-requirements.ts';
import type { AlgorithmContext } from './scheduling-algorithm.ts';

/** Chooses GPUs by the setting `gpuSelection`. */
export class DeviceChoice {
  private readonly context: AlgorithmContext;
  private readonly selection: string;

  constructor(context: AlgorithmContext) {
    this.context = context;
    this.selection = (context.settings.gpuSelection as string | undefined) ?? 'tightest';
  }

  /** GPUs of a node that fits, as bits; 0 if the pod asks for none. */
  choose({ gpu }: PodRequirements, slot: number): number {
    if (gpu === undefined) return NO_DEVICES;
    const { gpus } = this.context.nodes;
    if (gpu.milli >= WHOLE_GPU || this.selection === 'tightest') return gpus.tightest(slot, gpu);
    const fitting = gpus.fitting(slot, gpu.milli);
    switch (this.selection) {
      case 'random':
        return 1 << (fitting[Math.floor(this.context.tieBreak.next() * fitting.length)] as number);
      case 'loosest':
        return (
          1 << fitting.reduce((best, device) => (gpus.freeOf(slot, device) > gpus.freeOf(slot, best) ? device : best))
        );
      default:
        return 1 << (fitting[0] as number);
    }
  }
}
