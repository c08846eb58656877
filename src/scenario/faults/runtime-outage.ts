/** containerRuntimeOutage: container engines are restarted, or hang; containers run on, nothing starts, and the node is not ready after a while. */
import { z } from 'zod';
import { type Nanoseconds, nanoseconds, seconds } from '../../units/index.ts';
import { durationSchema, positiveDurationSchema } from '../value-forms.ts';
import { faultKind } from './fault.ts';
import { type NodeChoice, nodesSchema } from './node-choice.ts';

/** Outages of container engines, resolved. */
export interface ContainerRuntimeOutage {
  readonly fault: 'containerRuntimeOutage';
  readonly nodes: NodeChoice;
  /** Down = it answers nobody; hung = it answers checks of its status, but no list of containers comes back. */
  readonly mode: 'down' | 'hung';
  readonly duration: Nanoseconds;
  /** Time over which the nodes are struck, at moments of their own. */
  readonly over: Nanoseconds;
}

/** Time that a restart of containerd takes. */
const RESTART = seconds(2);

export const containerRuntimeOutage = faultKind({
  help: 'Container engines are away for `duration` (2 s, a restart): containers run on, nothing starts or is noticed. Down, the node is not ready after 30 s; hung, after 3 min (PLEG is not healthy).',
  shape: {
    nodes: nodesSchema,
    mode: z.enum(['down', 'hung']).optional(),
    duration: positiveDurationSchema.optional(),
    over: durationSchema.optional(),
  },
  resolve: (written): ContainerRuntimeOutage => ({
    fault: 'containerRuntimeOutage',
    nodes: written.nodes,
    mode: written.mode ?? 'down',
    duration: written.duration ?? RESTART,
    over: written.over ?? nanoseconds(0),
  }),
});
