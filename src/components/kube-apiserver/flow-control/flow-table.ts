/**
 * Which level, schema and flow a request belongs to, as numbers, for all API servers of a cluster. A request's class (verb, kind, subresource)
 * and the subjects that its user matches decide about the schema; that is worked out once for each pair and looked up from then on.
 */
import type { Kind, ObjectKey, ObjectTables, ResourceName } from '../../../cluster/index.ts';
import { type RequestId, type Requests, Verb } from '../../api-machinery/index.ts';
import { requestClass, requestClasses, subresourceOf } from '../request-metrics.ts';
import {
  EVERY,
  type FlowControlConfiguration,
  type FlowSchema,
  type PriorityLevel,
  type Subject,
} from './configuration.ts';
import { Hands } from './hands.ts';
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
const NO_HAND: readonly number[] = [];
/** Clients at the start; doubled. */
const INITIAL_CLIENTS = 64;
/** What is kept of each client, side by side: its profile, and the schema of its latest request with the flow in it. */
const ClientNumber = { Profile: 0, Schema: 1, Flow: 2 } as const;
/** Numbers of one client, with one to spare: a row never lies across two lines of the processor's cache. */
const CLIENT_NUMBERS = 4;

/** What matters of the selection of a DELETE of a collection. */
interface NamespaceSelection {
  /** Undefined = all namespaces. */
  readonly namespace?: string;
}

/** A user as flow control knows it. */
interface KnownUser {
  readonly identity: Identity;
  /** Number of its profile. */
  readonly profile: number;
  /** Flow by schema, made on first use. */
  readonly flows: (number | undefined)[];
}

/** What has been found out for all users that match the same subjects. */
interface Profile {
  /** Schemas by class of request, with and without a namespace. */
  readonly schemas: Int16Array;
  /** Schemas by namespace, then class of request, where rules name namespaces. */
  readonly named: Map<string, Map<number, number>>;
}

/** Levels, schemas and flows of a cluster. */
export class FlowTable {
  readonly levels: readonly PriorityLevel[];
  /** In the order in which they are tried. */
  readonly schemas: readonly FlowSchema[];
  /** Level of each schema. */
  readonly levelOfSchema: readonly number[];
  /** Queues that are dealt to each flow. */
  readonly hands: Hands;
  /** Flows are told apart by user, by schema; else by namespace or not at all. */
  private readonly isByUser: readonly boolean[];
  private readonly requests: Requests;
  private readonly tables: ObjectTables;
  private readonly identityOf: (client: number) => Identity;
  /** Whether some rule names a namespace, so that a schema cannot be looked up by class alone. */
  private readonly namesNamespaces: boolean;
  /** Users by client, and by name and groups. */
  private readonly byClient: (KnownUser | undefined)[] = [];
  private readonly byIdentity = new Map<string, KnownUser>();
  /** What each request needs of its client, {@link CLIENT_NUMBERS} numbers each: there are thousands, and each object on the way costs as much as all the rest. */
  private clients = new Int32Array(INITIAL_CLIENTS * CLIENT_NUMBERS).fill(UNKNOWN);
  private readonly profiles: Profile[] = [];
  /** Subjects of all rules. */
  private readonly subjects: readonly Subject[];
  /** Profiles by what subjects are matched. */
  private readonly bySubjects = new Map<string, number>();
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
    this.subjects = this.schemas.flatMap((schema) => schema.rules.flatMap((rule) => rule.subjects));
    this.namesNamespaces = rules.some((rule) => !rule.namespaces.includes(EVERY));
    this.byNamespace = this.schemas.map(() => new Map());
    this.isByUser = this.schemas.map(({ distinguisher }) => distinguisher === 'ByUser');
    this.hands = new Hands(Math.max(...this.levels.map(({ queuing }) => queuing?.handSize ?? 0)));
  }

  /** The schema of a request. */
  schemaOf(request: RequestId): number {
    const client = this.requests.client[request] as number;
    const row = client * CLIENT_NUMBERS;
    while (row >= this.clients.length) this.growClients();
    let profile = this.clients[row + ClientNumber.Profile] as number;
    if (profile === UNKNOWN) {
      profile = this.userOf(client).profile;
      this.clients[row + ClientNumber.Profile] = profile;
    }
    return this.schemaFor(this.profiles[profile] as Profile, request, this.namespaceOf(request));
  }

  /** The flow of a request in its schema. */
  flowOf(request: RequestId, schema: number): number {
    if (!this.isByUser[schema]) return this.flowByNamespace(schema, this.namespaceOf(request));
    const client = this.requests.client[request] as number;
    const row = client * CLIENT_NUMBERS;
    const isLatest = this.clients[row + ClientNumber.Schema] === schema;
    if (isLatest) return this.clients[row + ClientNumber.Flow] as number;
    const flow = this.flowByUser(schema, this.userOf(client));
    this.clients[row + ClientNumber.Schema] = schema;
    this.clients[row + ClientNumber.Flow] = flow;
    return flow;
  }

  private flowByUser(schema: number, user: KnownUser): number {
    let flow = user.flows[schema];
    if (flow === undefined) {
      flow = this.newFlow(schema, user.identity.user);
      user.flows[schema] = flow;
    }
    return flow;
  }

  private flowByNamespace(schema: number, namespace: string): number {
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

  private schemaFor(profile: Profile, request: RequestId, namespace: string): number {
    const place = requestClass(request, this.requests) * 2 + (namespace === '' ? 0 : 1);
    if (this.namesNamespaces && namespace !== '') return this.schemaInNamespace(profile, place, request, namespace);
    let schema = profile.schemas[place] as number;
    if (schema === UNKNOWN) {
      schema = this.match(request, namespace);
      profile.schemas[place] = schema;
    }
    return schema;
  }

  /** The same where rules name namespaces: looked up by namespace too. */
  private schemaInNamespace(profile: Profile, place: number, request: RequestId, namespace: string): number {
    let known = profile.named.get(namespace);
    if (known === undefined) {
      known = new Map();
      profile.named.set(namespace, known);
    }
    let schema = known.get(place);
    if (schema === undefined) {
      schema = this.match(request, namespace);
      known.set(place, schema);
    }
    return schema;
  }

  /** The first schema that matches. The last one, catch-all, matches everybody. */
  private match(request: RequestId, namespace: string): number {
    const { requests } = this;
    const { identity } = this.userOf(requests.client[request] as number);
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
    const key = this.subjects.map((subject) => (matchesSubject(subject, identity) ? '1' : '0')).join('');
    let profile = this.bySubjects.get(key);
    if (profile === undefined) {
      const classes = requestClasses(this.tables.kindCount);
      profile = this.profiles.push({ schemas: new Int16Array(classes * 2).fill(UNKNOWN), named: new Map() }) - 1;
      this.bySubjects.set(key, profile);
    }
    return { identity, profile, flows: [] };
  }

  private newFlow(schema: number, distinguisher: string): number {
    const { name } = this.schemas[schema] as FlowSchema;
    const { queuing } = this.levels[this.levelOfSchema[schema] as number] as PriorityLevel;
    const hand = queuing === null ? NO_HAND : deal(flowHash(name, distinguisher), queuing.queues, queuing.handSize);
    return this.hands.add(hand);
  }

  private growClients(): void {
    const larger = new Int32Array(this.clients.length * 2).fill(UNKNOWN);
    larger.set(this.clients);
    this.clients = larger;
  }
}
