/** callApi: clients that make the same requests again and again, in a closed loop (`clients`, `think`) or an open one (`rate`, `arrivals`). */
import { z } from 'zod';
import { type RetryPolicyName, retryPolicies } from '../../components/load-generator/index.ts';
import type { DistributionSpec } from '../../engine/index.ts';
import type { Bytes, Nanoseconds } from '../../units/index.ts';
import { distributionSchema, resolveDistribution } from '../distribution-form.ts';
import { strictMap } from '../schema-parts.ts';
import {
  choiceSchema,
  memorySchema,
  nameSchema,
  positiveDurationSchema,
  shareSchema,
  wholeNumberSchema,
} from '../value-forms.ts';
import type { Arrivals } from './arrivals.ts';
import { checkCall } from './call-api-rules.ts';
import type { OperationClient } from './client.ts';
import { namespacesShape, resolveNamespaces, resourceSchema } from './create-objects.ts';
import { operationKind, resolveRequesting } from './operation.ts';
import { requestShape } from './request-shape.ts';
import { resolveSelection, type Selection, selectionNameSchema } from './selection.ts';

/** What is done each time. */
export const loadVerbs = ['get', 'list', 'create', 'update', 'patch', 'delete', 'getModifyPut', 'recordEvent'] as const;

/** What is done each time. */
export type LoadVerb = (typeof loadVerbs)[number];

/** How a load is paced. */
export type LoadPace =
  | { readonly loop: 'closed'; readonly clients: number; readonly think: DistributionSpec }
  | { readonly loop: 'open'; readonly arrivals: Arrivals };

/** A load, resolved. */
export interface CallApi {
  readonly kind: 'callApi';
  /** Label of its metrics, name under which `stop` finds it, and name of what it creates. */
  readonly name: string;
  readonly verb: LoadVerb;
  readonly resource: string;
  /** Objects that it works on: one of them at random each time. */
  readonly objects: Selection;
  /** Namespaces into which it creates, in turn. */
  readonly namespaces: readonly string[];
  /** Size of what it writes; undefined = as its custom resource says, or that of createObjects. */
  readonly size?: Bytes;
  readonly pace: LoadPace;
  /** What getModifyPut does after a conflict. */
  readonly retry: RetryPolicyName;
  /** What lies between reading and writing of getModifyPut. */
  readonly modify: DistributionSpec;
  /** GET and LIST with resourceVersion "0": from the watch cache, however old it is. */
  readonly fromCache: boolean;
  /** LIST: objects in a page, 0 = everything in one answer. */
  readonly limit: number;
  /** LIST pods: those of one node, another one at random each time (field selector spec.nodeName). */
  readonly ofOneNode: boolean;
  /** LIST: share of the objects that its label selector matches, 0 = no selector. */
  readonly labelShare: number;
  /** Instant at which it starts, beside the list of operations; undefined = in its turn. */
  readonly at?: Nanoseconds;
  /** Instant at which it ends; undefined = no such instant. */
  readonly until?: Nanoseconds;
  /** Span after which it ends; undefined = no such span. */
  readonly for?: Nanoseconds;
  /** Operations after which it ends; undefined = no such number. */
  readonly count?: number;
  /** Whether the next operation starts at once. */
  readonly background: boolean;
  readonly client: OperationClient;
  /** Whether the statistics start with this operation. */
  readonly measure: boolean;
}

/** Most clients of one load. */
const MAXIMUM_CLIENTS = 100_000;
/** Largest page, and most operations. */
const MAXIMUM_COUNT = 2 ** 31;
/** No pause. */
const AT_ONCE: DistributionSpec = { distribution: 'constant', value: 0 };

const policyNames = Object.keys(retryPolicies) as [RetryPolicyName, ...RetryPolicyName[]];

export const callApi = operationKind({
  help: 'Clients make the same requests again and again: `clients` in a closed loop, or at a `rate`, for a time, a count, or until `stop`.',
  schema: strictMap({
    name: nameSchema.optional(),
    verb: choiceSchema(loadVerbs),
    resource: resourceSchema,
    objects: selectionNameSchema.optional(),
    ...namespacesShape,
    size: memorySchema.optional(),
    clients: wholeNumberSchema(1, MAXIMUM_CLIENTS).optional(),
    think: distributionSchema.optional(),
    retry: choiceSchema(policyNames).optional(),
    modify: distributionSchema.optional(),
    fromCache: z.boolean().optional(),
    limit: wholeNumberSchema(0, MAXIMUM_COUNT).optional(),
    ofOneNode: z.boolean().optional(),
    labelShare: shareSchema.optional(),
    until: positiveDurationSchema.optional(),
    for: positiveDurationSchema.optional(),
    count: wholeNumberSchema(1, MAXIMUM_COUNT).optional(),
    background: z.boolean().optional(),
    ...requestShape,
  }),
  resolve: (written, context): CallApi => {
    checkCall(written, context);
    const name = written.name ?? 'load';
    // Whoever paces a load by clients or by a rate does not want a second limit that nobody wrote down.
    const client = { ...written.client, qps: written.client?.qps ?? -1 };
    const requesting = resolveRequesting({ ...written, client }, context);
    const span = (key: 'think' | 'modify') =>
      (written[key] && resolveDistribution(written[key], [key], context)) ?? AT_ONCE;
    return {
      kind: 'callApi',
      name,
      verb: written.verb,
      resource: written.resource,
      objects: resolveSelection(written.objects ?? 'all', written),
      namespaces: resolveNamespaces(written),
      ...(written.size === undefined ? {} : { size: written.size }),
      pace:
        written.clients === undefined
          ? { loop: 'open', arrivals: requesting.arrivals }
          : { loop: 'closed', clients: written.clients, think: span('think') },
      retry: written.retry ?? 'default',
      modify: span('modify'),
      fromCache: written.fromCache ?? false,
      limit: written.limit ?? 0,
      ofOneNode: written.ofOneNode ?? false,
      labelShare: written.labelShare ?? 0,
      ...(requesting.at === undefined ? {} : { at: requesting.at }),
      ...(written.until === undefined ? {} : { until: written.until }),
      ...(written.for === undefined ? {} : { for: written.for }),
      ...(written.count === undefined ? {} : { count: written.count }),
      background: written.background ?? false,
      client: requesting.client,
      measure: requesting.measure,
    };
  },
});
