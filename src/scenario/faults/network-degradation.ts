/** networkDegradation: messages between nodes and API servers are late, and some are lost, which makes them later. */
import type { DistributionSpec } from '../../engine/index.ts';
import { type Nanoseconds, nanoseconds } from '../../units/index.ts';
import { durationSchema, shareSchema } from '../value-forms.ts';
import { faultKind, outageSchema } from './fault.ts';
import { type NodeChoice, nodesSchema } from './node-choice.ts';

/** A bad network, resolved. */
export interface NetworkDegradation {
  readonly fault: 'networkDegradation';
  readonly nodes: NodeChoice;
  /** Added to the delay of each message, one way, on average (exponential); 0 = nothing. */
  readonly delay: Nanoseconds;
  /** Share of messages that are lost. */
  readonly loss: number;
  /** Span until the network is good again; null = never. */
  readonly duration: Nanoseconds | null;
}

export const networkDegradation = faultKind({
  help: 'Messages between nodes and API servers take longer by `delay` on average (one way), and the share `loss` of them is lost and sent again by TCP.',
  shape: {
    nodes: nodesSchema,
    delay: durationSchema.optional(),
    loss: shareSchema.optional(),
    duration: outageSchema.optional(),
  },
  resolve: (written): NetworkDegradation => ({
    fault: 'networkDegradation',
    nodes: written.nodes,
    delay: written.delay ?? nanoseconds(0),
    loss: written.loss ?? 0,
    duration: written.duration === undefined || written.duration === 'never' ? null : written.duration,
  }),
});

/** The distribution of what is added; undefined = nothing. */
export function addedDelay({ delay }: NetworkDegradation): DistributionSpec | undefined {
  return delay === 0 ? undefined : { distribution: 'exponential', mean: delay };
}
