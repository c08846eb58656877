/** The client that makes an operation's requests: who it is (for priority and fairness) and its own limits. */

import { z } from 'zod';
import { strictMap } from '../schema-parts.ts';
import { numberSchema, textSchema, wholeNumberSchema } from '../value-forms.ts';

/** A client of the API, resolved. */
export interface OperationClient {
  /** User name, by which flow schemas match. */
  readonly user: string;
  readonly groups: readonly string[];
  /** Requests per second of its token bucket; -1 = no limit, as in client-go. */
  readonly qps: number;
  /** Size of its token bucket. */
  readonly burst: number;
  /** Connections over which its requests go. */
  readonly connections: number;
}

/** Namespace and name of the service account that makes requests where a scenario names no client. */
const DEFAULT_ACCOUNT = { namespace: 'default', name: 'plimsoll' } as const;

/**
 * The client of operations that name none: a service account, so not exempt from priority and fairness, with the limits that
 * ClusterLoader2-like load drivers and `kubectl` with raised limits use.
 */
export const defaultClient: OperationClient = {
  user: `system:serviceaccount:${DEFAULT_ACCOUNT.namespace}:${DEFAULT_ACCOUNT.name}`,
  groups: ['system:serviceaccounts', `system:serviceaccounts:${DEFAULT_ACCOUNT.namespace}`, 'system:authenticated'],
  qps: 100,
  burst: 200,
  connections: 1,
};

/** Largest limits that may be asked for. */
const MAXIMUM_LIMIT = 1_000_000;
/** Most connections of one client. */
const MAXIMUM_CONNECTIONS = 10_000;

/** `client`, as it is written. Whatever is left out is as in {@link defaultClient}. */
export const clientSchema = strictMap({
  user: textSchema('a user name, such as deployer or system:serviceaccount:ci:deployer').optional(),
  groups: z.array(textSchema('the name of a group, such as system:masters')).optional(),
  qps: numberSchema(-1, MAXIMUM_LIMIT).optional(),
  burst: wholeNumberSchema(1, MAXIMUM_LIMIT).optional(),
  connections: wholeNumberSchema(1, MAXIMUM_CONNECTIONS).optional(),
});

/** The client that was asked for. A user that names no groups has those that every authenticated user has. */
export function resolveClient(written: z.output<typeof clientSchema> | undefined): OperationClient {
  if (written === undefined) return defaultClient;
  return {
    user: written.user ?? defaultClient.user,
    groups: written.groups ?? (written.user === undefined ? defaultClient.groups : ['system:authenticated']),
    qps: written.qps ?? defaultClient.qps,
    burst: written.burst ?? defaultClient.burst,
    connections: written.connections ?? defaultClient.connections,
  };
}
