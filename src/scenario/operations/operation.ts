/** What all operations have in common: how a kind of operation is declared, and what it may use while it is resolved. */
import type { z } from 'zod';
import type { AddonName } from '../../components/addons/index.ts';
import type { Nanoseconds } from '../../units/index.ts';
import type { ScenarioModel } from '../model.ts';
import { type Arrivals, type pacingShape, resolveArrivals } from './arrivals.ts';
import { type clientSchema, type OperationClient, resolveClient } from './client.ts';
import type { OperationContext } from './operation-context.ts';

/** One kind of operation: its schema and how what was written becomes what the run executes. */
export interface OperationKind<Schema extends z.ZodType = z.ZodType, Resolved = unknown> {
  /** What it does, in one sentence. */
  readonly help: string;
  /** Worlds in which it can be carried out; a control plane alone if left out. */
  readonly models?: readonly ScenarioModel[];
  /** Add-on that it needs; none if left out. */
  readonly addon?: AddonName;
  readonly schema: Schema;
  readonly resolve: (written: z.output<Schema>, context: OperationContext) => Resolved;
}

/** Declares a kind of operation. */
export function operationKind<Schema extends z.ZodType, Resolved>(
  kind: OperationKind<Schema, Resolved>,
): OperationKind<Schema, Resolved> {
  return kind;
}

/** What operations that make requests have in common, resolved. */
export interface Requesting {
  /** Instant at which it starts, beside the list of operations; undefined = in its turn. */
  readonly at?: Nanoseconds;
  readonly arrivals: Arrivals;
  readonly client: OperationClient;
  /** Whether the statistics start with this operation. */
  readonly measure: boolean;
}

/** What is written for {@link Requesting}. */
type WrittenRequesting = z.output<z.ZodObject<typeof pacingShape>> & {
  readonly client?: z.output<typeof clientSchema> | undefined;
  readonly measure?: boolean | undefined;
  readonly preload?: boolean | undefined;
};

/** Pace, client and measurement of an operation. */
export function resolveRequesting(written: WrittenRequesting, context: OperationContext): Requesting {
  return {
    ...(written.at === undefined ? {} : { at: written.at }),
    arrivals: resolveArrivals(written, context),
    client: resolveClient(written.client),
    measure: written.measure ?? false,
  };
}
