/** The client that makes an operation's requests: who it is (for priority and fairness) and its own limits. */

import { z } from 'zod';
import { strictMap } from '../schema-parts.ts';
import { formSchema, outOfRange, textSchema, wholeNumberSchema, wrongForm } from '../value-forms.ts';

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
  /** Encoding of bodies: json as kubectl and most operators, protobuf as the components of Kubernetes. */
  readonly encoding: (typeof encodings)[number];
}

/** The service account that makes requests where a scenario names no client. */
const DEFAULT_USER = 'system:serviceaccount:default:plimsoll';
/** Encodings that a client can ask for. */
const encodings = ['json', 'protobuf'] as const;

/**
 * The client of operations that name none: a service account, so not exempt from priority and fairness, with the limits that
 * ClusterLoader2-like load drivers and `kubectl` with raised limits use.
 */
export const defaultClient: OperationClient = {
  user: DEFAULT_USER,
  groups: groupsOf(DEFAULT_USER),
  qps: 100,
  burst: 200,
  connections: 1,
  encoding: 'json',
};

/** Largest limits that may be asked for. */
const MAXIMUM_LIMIT = 1_000_000;
/** Most connections of one client. */
const MAXIMUM_CONNECTIONS = 10_000;

/** A rate, or -1. 0 would be no rate; client-go takes it for its default of 5. */
const qpsSchema = formSchema({
  expected: `requests per second, up to ${MAXIMUM_LIMIT.toLocaleString('en-US')}, or -1 = no limit`,
  json: { type: 'number', minimum: -1, maximum: MAXIMUM_LIMIT },
  parse: (written) => {
    if (typeof written !== 'number' || Number.isNaN(written)) return wrongForm(written);
    const isRate = written > 0 && written <= MAXIMUM_LIMIT;
    return isRate || written === -1 ? written : outOfRange(written, 'more than 0, or -1 = no limit');
  },
});

/** `client`, as it is written. Whatever is left out is as in {@link defaultClient}. */
export const clientSchema = strictMap({
  user: textSchema('a user name, such as deployer or system:serviceaccount:ci:deployer').optional(),
  groups: z.array(textSchema('the name of a group, such as system:masters')).optional(),
  qps: qpsSchema.optional(),
  burst: wholeNumberSchema(1, MAXIMUM_LIMIT).optional(),
  connections: wholeNumberSchema(1, MAXIMUM_CONNECTIONS).optional(),
  encoding: z.enum(encodings).optional(),
});

/** Groups that authentication gives a user: a service account is in those of all accounts and of its namespace. */
function groupsOf(user: string): readonly string[] {
  const [, namespace] = /^system:serviceaccount:([^:]+):[^:]+$/.exec(user) ?? [];
  const accounts = ['system:serviceaccounts', `system:serviceaccounts:${namespace}`];
  return namespace === undefined ? ['system:authenticated'] : [...accounts, 'system:authenticated'];
}

/** The client that was asked for. A user that names no groups has those that authentication gives it. */
export function resolveClient(written: z.output<typeof clientSchema> | undefined): OperationClient {
  if (written === undefined) return defaultClient;
  return {
    user: written.user ?? defaultClient.user,
    groups: written.groups ?? groupsOf(written.user ?? defaultClient.user),
    qps: written.qps ?? defaultClient.qps,
    burst: written.burst ?? defaultClient.burst,
    connections: written.connections ?? defaultClient.connections,
    encoding: written.encoding ?? defaultClient.encoding,
  };
}
