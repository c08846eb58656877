/** nodeClockStop, nodeClockSkew: the clock on the wall of nodes stands still, or is wrong; timers go on. */
import { type Nanoseconds, nanoseconds } from '../../units/index.ts';
import { durationSchema } from '../value-forms.ts';
import { faultKind, outageSchema } from './fault.ts';
import { type NodeChoice, nodesSchema } from './node-choice.ts';

/** Clocks that stop, resolved. */
export interface NodeClockStop {
  readonly fault: 'nodeClockStop';
  readonly nodes: NodeChoice;
  /** Span until they show the true time again; null = never. */
  readonly duration: Nanoseconds | null;
}

/** Clocks that are wrong, resolved. */
export interface NodeClockSkew {
  readonly fault: 'nodeClockSkew';
  readonly nodes: NodeChoice;
  /** By how much they are behind the true time, and ahead of it. */
  readonly behind: Nanoseconds;
  readonly ahead: Nanoseconds;
  /** Span until they show the true time again; null = never. */
  readonly duration: Nanoseconds | null;
}

const orNever = (written: Nanoseconds | 'never' | undefined) =>
  written === undefined || written === 'never' ? null : written;

export const nodeClockStop = faultKind({
  help: 'The clock of nodes stands still: their leases are renewed, but never with a later time, so that the controller takes the nodes for lost.',
  shape: { nodes: nodesSchema, duration: outageSchema.optional() },
  resolve: (written): NodeClockStop => ({
    fault: 'nodeClockStop',
    nodes: written.nodes,
    duration: orNever(written.duration),
  }),
});

export const nodeClockSkew = faultKind({
  help: 'The clock of nodes is `behind` or `ahead` of the true time. One that is set back renews its lease with times that were seen before.',
  shape: {
    nodes: nodesSchema,
    behind: durationSchema.optional(),
    ahead: durationSchema.optional(),
    duration: outageSchema.optional(),
  },
  resolve: (written): NodeClockSkew => ({
    fault: 'nodeClockSkew',
    nodes: written.nodes,
    behind: written.behind ?? nanoseconds(0),
    ahead: written.ahead ?? nanoseconds(0),
    duration: orNever(written.duration),
  }),
});
