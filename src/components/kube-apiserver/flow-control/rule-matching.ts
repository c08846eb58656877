/**
 * Which schema a request belongs to: users, groups and service accounts on one side, verb, API group, resource and namespace on the other.
 * Pure functions. K:apiserver/pkg/util/flowcontrol/rule.go.
 */
import { EVERY, type FlowSchema, type ResourceRule, type Subject } from './configuration.ts';

/** Who makes requests. */
export interface Identity {
  readonly user: string;
  readonly groups: readonly string[];
}

/** What a request asks for. */
export interface RequestAttributes {
  /** "get", "list", "watch", "create" … */
  readonly verb: string;
  readonly apiGroup: string;
  readonly resource: string;
  /** "status" …, "" = the object itself. */
  readonly subresource: string;
  /** Namespace, "" for cluster-scoped kinds and for requests over all namespaces. */
  readonly namespace: string;
}

const SERVICE_ACCOUNT_PREFIX = 'system:serviceaccount:';
const AUTHENTICATED = 'system:authenticated';
const UNAUTHENTICATED = 'system:unauthenticated';

/** The groups that authentication gives a user (K:apiserver/pkg/authentication/group): everybody who is known is in system:authenticated. */
export function authenticated({ user, groups }: Identity): Identity {
  const known = groups.includes(AUTHENTICATED) || groups.includes(UNAUTHENTICATED);
  return { user, groups: known ? groups : [...groups, AUTHENTICATED] };
}

/** Schemas in the order in which they are tried. */
export function byPrecedence(schemas: readonly FlowSchema[]): FlowSchema[] {
  return [...schemas].sort((a, b) => a.matchingPrecedence - b.matchingPrecedence || (a.name < b.name ? -1 : 1));
}

/** Whether a subject of a rule is this identity. */
export function matchesSubject(subject: Subject, { user, groups }: Identity): boolean {
  switch (subject.kind) {
    case 'User':
      return subject.name === EVERY || subject.name === user;
    case 'Group':
      return subject.name === EVERY || groups.includes(subject.name);
    case 'ServiceAccount':
      if (subject.name === EVERY) return user.startsWith(`${SERVICE_ACCOUNT_PREFIX}${subject.namespace}:`);
      return user === `${SERVICE_ACCOUNT_PREFIX}${subject.namespace}:${subject.name}`;
  }
}

/** Whether a rule names what a request asks for. */
export function matchesResource(rule: ResourceRule, request: RequestAttributes): boolean {
  const { verb, apiGroup, resource, subresource, namespace } = request;
  const full = subresource === '' ? resource : `${resource}/${subresource}`;
  const names = (list: readonly string[], value: string) => list.includes(EVERY) || list.includes(value);
  return (
    names(rule.verbs, verb) &&
    names(rule.apiGroups, apiGroup) &&
    names(rule.resources, full) &&
    (namespace === '' ? rule.clusterScope : names(rule.namespaces, namespace))
  );
}

/** Whether a schema applies to a request. */
export function matchesSchema(schema: FlowSchema, identity: Identity, request: RequestAttributes): boolean {
  return schema.rules.some(
    ({ subjects, resourceRules }) =>
      subjects.some((subject) => matchesSubject(subject, identity)) &&
      resourceRules.some((rule) => matchesResource(rule, request)),
  );
}
