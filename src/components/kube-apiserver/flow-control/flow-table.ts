/**
 * Which level, schema and flow a request belongs to, as numbers, for all API servers of a cluster. A request's class (verb, kind, subresource)
 * and the subjects that its user matches decide about the schema; that is worked out once for each pair and looked up from then on.
 */
import type { Kind, ObjectKey, ObjectTables, ResourceName } from '../../../cluster/index.ts';
import { type RequestId, type Requests, Verb } from '../../api-machinery/index.ts';
import { requestClass, requestClasses, subresourceOf } from '../request-metrics.ts';
import { EVERY, type FlowControlConfiguration, type FlowSchema, type PriorityLevel } from './configuration.ts';
import { authenticated, byPrecedence, type Identity, matchesSchema, matchesSubject } from './rule-matching.ts';
import { deal, flowHash } from './shuffle-sharding.ts';

/** API verbs by verb number. */
const apiVerbs = ['get', 'list', 'create', 'update', 'patch', 'delete', 'watch', 'deletecollection'] as const;
/** API groups of resources that are not in the core group. */
const apiGroups: Partial<Record<ResourceName, string>> = {
  leases: 'coordination.k8s.io',
  deployments: 'apps',
  replicasets: 'apps',
  endpointslices: 'discovery.k8s.io',
  ipaddresses: 'networking.k8s.io',
};
/** Not looked up yet. */
const UNKNOWN = -1;
/** The hand of flows that need no queue. */
const NO_HAND = new Int16Array(0);

/** What matters of the selection of a DELETE of a collection. */
interface NamespaceSelection {
  /** Undefined = all namespaces. */
  readonly namespace?: string;
}

/** A user as flow control knows it. */
interface KnownUser {
  readonly identity: Identity;
  /** Schemas by class of request, with and without a namespace; shared by all users that match the same subjects. */
  readonly schemas: Int16Array;
  /** Schemas by namespace, then class of request, where rules name namespaces; shared in the same way. */
  readonly named: Map<string, Map<number, number>>;
  /** Flow by schema, made on first use. */
  readonly flows: (number | undefined)[];
}

/** Levels, schemas and flows of a cluster. */
export class FlowTable {
  readonly levels: readonly PriorityLevel[];
  /** In the order in which they are tried. */
  readonly schemas: readonly FlowSchema[];
  /** Level of each schema. */
  readonly levelOfSchema: readonly number[];
  /** Schema and queues of each flow. */
  readonly schemaOfFlow: number[] = [];
  readonly hands: Int16Array[] = [];
  private readonly requests: Requests;
  private readonly tables: ObjectTables;
  private readonly identityOf: (client: number) => Identity;
  /** Whether some rule names a namespace, so that a schema cannot be looked up by class alone. */
  private readonly namesNamespaces: boolean;
  /** Users by client, and by name and groups. */
  private readonly byClient: (KnownUser | undefined)[] = [];
  private readonly byIdentity = new Map<string, KnownUser>();
  /** Tables of schemas by what subjects are matched. */
  private readonly bySubjects = new Map<string, Pick<KnownUser, 'schemas' | 'named'>>();
  /** Flows of schemas that are distinguished by namespace, or not at all, by that. */
  private readonly byNamespace: Map<string, number>[];

  constructor(
    configuration: FlowControlConfiguration,
    requests: Requests,
    tables: ObjectTables,
    identityOf: (client: number) => Identity,
  ) {
    this.levels = configuration.levels;
    this.schemas = byPrecedence(configuration.schemas);
    this.levelOfSchema = this.schemas.map((schema) =>
      this.levels.findIndex((level) => level.name === schema.priorityLevel),
    );
    this.requests = requests;
    this.tables = tables;
    this.identityOf = identityOf;
    const rules = this.schemas.flatMap((schema) => schema.rules.flatMap((rule) => rule.resourceRules));
    this.namesNamespaces = rules.some((rule) => !rule.namespaces.includes(EVERY));
    this.byNamespace = this.schemas.map(() => new Map());
  }

  /** The flow of a request. */
  flowOf(request: RequestId): number {
    const user = this.userOf(this.requests.client[request] as number);
    const namespace = this.namespaceOf(request);
    const schema = this.schemaOf(user, request, namespace);
    if (this.schemas[schema]?.distinguisher === 'ByUser') {
      let flow = user.flows[schema];
      if (flow === undefined) {
        flow = this.newFlow(schema, user.identity.user);
        user.flows[schema] = flow;
      }
      return flow;
    }
    const distinguisher = this.schemas[schema]?.distinguisher === 'ByNamespace' ? namespace : '';
    const flows = this.byNamespace[schema] as Map<string, number>;
    let flow = flows.get(distinguisher);
    if (flow === undefined) {
      flow = this.newFlow(schema, distinguisher);
      flows.set(distinguisher, flow);
    }
    return flow;
  }

  /** Namespace of what a request asks for, "" if it has none or asks over all. */
  private namespaceOf(request: RequestId): string {
    const { requests } = this;
    if (requests.verb[request] === Verb.DeleteCollection)
      return (requests.object[request] as NamespaceSelection).namespace ?? '';
    const key = requests.key[request] as ObjectKey;
    return key < 0 ? '' : this.tables.keysOf(requests.kind[request] as Kind).namespace(key);
  }

  private schemaOf(user: KnownUser, request: RequestId, namespace: string): number {
    const place = requestClass(request, this.requests) * 2 + (namespace === '' ? 0 : 1);
    if (this.namesNamespaces && namespace !== '') return this.schemaInNamespace(user, place, request, namespace);
    let schema = user.schemas[place] as number;
    if (schema === UNKNOWN) {
      schema = this.match(user.identity, request, namespace);
      user.schemas[place] = schema;
    }
    return schema;
  }

  /** The same where rules name namespaces: looked up by namespace too. */
  private schemaInNamespace(user: KnownUser, place: number, request: RequestId, namespace: string): number {
    let known = user.named.get(namespace);
    if (known === undefined) {
      known = new Map();
      user.named.set(namespace, known);
    }
    let schema = known.get(place);
    if (schema === undefined) {
      schema = this.match(user.identity, request, namespace);
      known.set(place, schema);
    }
    return schema;
  }

  /** The first schema that matches. The last one, catch-all, matches everybody. */
  private match(identity: Identity, request: RequestId, namespace: string): number {
    const { requests } = this;
    // A custom resource carries its group in its name.
    const [resource = '', ...group] = this.tables.resourceName(requests.kind[request] as Kind).split('.');
    const attributes = {
      verb: apiVerbs[requests.verb[request] as number] as string,
      apiGroup: group.length > 0 ? group.join('.') : (apiGroups[resource as ResourceName] ?? ''),
      resource,
      subresource: subresourceOf(request, requests),
      namespace,
    };
    const found = this.schemas.findIndex((schema) => matchesSchema(schema, identity, attributes));
    if (found < 0) throw new RangeError(`no FlowSchema matches ${attributes.verb} ${resource} by ${identity.user}`);
    return found;
  }

  private userOf(client: number): KnownUser {
    let user = this.byClient[client];
    if (user === undefined) {
      const identity = authenticated(this.identityOf(client));
      const key = JSON.stringify([identity.user, identity.groups]);
      user = this.byIdentity.get(key) ?? this.newUser(identity);
      this.byIdentity.set(key, user);
      this.byClient[client] = user;
    }
    return user;
  }

  private newUser(identity: Identity): KnownUser {
    const subjects = this.schemas.flatMap((schema) => schema.rules.flatMap((rule) => rule.subjects));
    const key = subjects.map((subject) => (matchesSubject(subject, identity) ? '1' : '0')).join('');
    let known = this.bySubjects.get(key);
    if (known === undefined) {
      const classes = requestClasses(this.tables.kindCount);
      known = { schemas: new Int16Array(classes * 2).fill(UNKNOWN), named: new Map() };
      this.bySubjects.set(key, known);
    }
    return { identity, ...known, flows: [] };
  }

  private newFlow(schema: number, distinguisher: string): number {
    const { name } = this.schemas[schema] as FlowSchema;
    const { queuing } = this.levels[this.levelOfSchema[schema] as number] as PriorityLevel;
    const hand =
      queuing === null
        ? NO_HAND
        : Int16Array.from(deal(flowHash(name, distinguisher), queuing.queues, queuing.handSize));
    this.schemaOfFlow.push(schema);
    return this.hands.push(hand) - 1;
  }
}
