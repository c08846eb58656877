/** kubeletCrash: the processes of kubelets exit, once or again and again; containers run on, and supervisors start the processes again. */
import { type Nanoseconds, nanoseconds, seconds } from '../../units/index.ts';
import { durationSchema, wholeNumberSchema } from '../value-forms.ts';
import { faultKind } from './fault.ts';
import { type NodeChoice, nodesSchema } from './node-choice.ts';

/** Crashes of kubelets, resolved. */
export interface KubeletCrash {
  readonly fault: 'kubeletCrash';
  readonly nodes: NodeChoice;
  /** Crashes in all, the first included. */
  readonly crashes: number;
  /** How long a process that crashes again runs. */
  readonly lifetime: Nanoseconds;
  /** Time over which the nodes are struck, at moments of their own. */
  readonly over: Nanoseconds;
}

/** Most crashes of one fault. */
const MAXIMUM_CRASHES = 1000;

export const kubeletCrash = faultKind({
  help: 'The processes of kubelets exit; containers run on. Each is started again by its supervisor (kubelet.supervisor). With `crashes` it exits again so many times in all, each `lifetime` after its start.',
  shape: {
    nodes: nodesSchema,
    crashes: wholeNumberSchema(1, MAXIMUM_CRASHES).optional(),
    lifetime: durationSchema.optional(),
    over: durationSchema.optional(),
  },
  resolve: (written): KubeletCrash => ({
    fault: 'kubeletCrash',
    nodes: written.nodes,
    crashes: written.crashes ?? 1,
    lifetime: written.lifetime ?? seconds(1),
    over: written.over ?? nanoseconds(0),
  }),
});
