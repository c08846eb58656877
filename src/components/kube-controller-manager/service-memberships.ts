/**
 * Which Services select which pods. All pods of one template in one namespace carry the same labels, so they form a group and selectors are
 * matched once for each group, never for a pod; only services that ask for one of its labels are looked at. Stands for the lookups of endpointslice/util (ServiceSelectorCache).
 */
import {
  type Labels,
  NO_VERSION,
  type ObjectKey,
  type ObjectKeys,
  type ObjectTables,
  type PodTemplate,
  type ServiceVersions,
  type VersionHandle,
} from '../../cluster/index.ts';
import type { InformerIndex, SharedInformer } from '../client-go/index.ts';

/** Pods with the same labels in the same namespace. */
interface PodGroup {
  readonly labels: Labels;
  /** Services that select them, in the order in which they came. */
  readonly services: ObjectKey[];
}

/** The groups and who selects them, as the process's informers know them. */
export class ServiceMemberships {
  private readonly services: ServiceVersions;
  private readonly pods: ObjectTables['pods'];
  private readonly podKeys: ObjectKeys;
  private readonly serviceKeys: ObjectKeys;
  private readonly serviceInformer: SharedInformer;
  private readonly groupIndex: InformerIndex;
  /** Groups by number. */
  private readonly groups: PodGroup[] = [];
  /** Number of a group by template id, then namespace. */
  private readonly numbers: (Map<string, number> | undefined)[] = [];
  /** Services by namespace and the first label that they ask for, with the order in which they came. */
  private readonly asking = new Map<string, Map<ObjectKey, number>>();
  /** Under what each service is kept there. */
  private readonly askedBy = new Map<ObjectKey, string>();
  private arrivals = 0;
  /** Groups by namespace and each of their labels. */
  private readonly labelled = new Map<string, number[]>();
  /** Groups that each service selects. */
  private readonly groupsOf = new Map<ObjectKey, number[]>();

  constructor(tables: ObjectTables, services: SharedInformer, pods: SharedInformer) {
    this.services = tables.services;
    this.pods = tables.pods;
    this.podKeys = tables.keysOf('pods');
    this.serviceKeys = tables.keysOf('services');
    this.serviceInformer = services;
    this.groupIndex = pods.addIndex((pod) => this.groupOf(pod));
    services.addHandler({
      onAdd: (service) => this.onService(service),
      onUpdate: (service, previous) => this.onServiceUpdate(service, previous),
      onDelete: (service) => this.onServiceGone(this.services.key.get(service) as ObjectKey),
    });
  }

  /** Services that select a pod. */
  selecting(pod: VersionHandle): readonly ObjectKey[] {
    return (this.groups[this.groupOf(pod)] as PodGroup).services;
  }

  /** Number of pods that a Service selects. */
  count(service: ObjectKey): number {
    let sum = 0;
    for (const group of this.groupsOf.get(service) ?? []) sum += this.groupIndex.keys(group).size;
    return sum;
  }

  /** Calls `visit` for each pod that a Service selects: by group, then in the order in which they came. */
  forEachPod(service: ObjectKey, visit: (pod: ObjectKey) => void): void {
    for (const group of this.groupsOf.get(service) ?? []) for (const pod of this.groupIndex.keys(group)) visit(pod);
  }

  /** Group of a pod; a new one finds out who selects it. */
  private groupOf(pod: VersionHandle): number {
    const template = this.pods.template.get(pod) as PodTemplate;
    const namespace = this.podKeys.namespace(this.pods.key.get(pod) as ObjectKey);
    const byNamespace = this.numbers[template.id];
    return byNamespace?.get(namespace) ?? this.addGroup(template, namespace);
  }

  private addGroup(template: PodTemplate, namespace: string): number {
    const number = this.groups.length;
    const group: PodGroup = { labels: template.labels, services: [] };
    this.groups.push(group);
    const byNamespace = this.numbers[template.id] ?? new Map<string, number>();
    this.numbers[template.id] = byNamespace;
    byNamespace.set(namespace, number);
    const asking: (readonly [service: ObjectKey, arrival: number])[] = [];
    for (const [label, value] of Object.entries(template.labels)) {
      const place = placeOf(namespace, label, value);
      const neighbours = this.labelled.get(place);
      if (neighbours === undefined) this.labelled.set(place, [number]);
      else neighbours.push(number);
      asking.push(...(this.asking.get(place) ?? []));
    }
    for (const [service] of asking.sort(([, left], [, right]) => left - right)) {
      if (this.selects(this.serviceInformer.get(service), group)) this.link(service, number);
    }
    return number;
  }

  private onService(service: VersionHandle): void {
    const key = this.services.key.get(service) as ObjectKey;
    // Those without a selector select nothing.
    const [first] = Object.entries(this.services.specification.get(service)?.selector ?? {});
    if (first === undefined) return;
    const place = placeOf(this.serviceKeys.namespace(key), ...first);
    const neighbours = this.asking.get(place) ?? new Map<ObjectKey, number>();
    this.asking.set(place, neighbours.set(key, this.arrivals++));
    this.askedBy.set(key, place);
    for (const number of this.labelled.get(place) ?? []) {
      if (this.selects(service, this.groups[number] as PodGroup)) this.link(key, number);
    }
  }

  private onServiceUpdate(service: VersionHandle, previous: VersionHandle): void {
    if (this.services.specification.get(service) === this.services.specification.get(previous)) return;
    this.onServiceGone(this.services.key.get(service) as ObjectKey);
    this.onService(service);
  }

  private onServiceGone(key: ObjectKey): void {
    this.asking.get(this.askedBy.get(key) ?? '')?.delete(key);
    this.askedBy.delete(key);
    for (const number of this.groupsOf.get(key) ?? []) {
      const { services } = this.groups[number] as PodGroup;
      services.splice(services.indexOf(key), 1);
    }
    this.groupsOf.delete(key);
  }

  private link(service: ObjectKey, number: number): void {
    (this.groups[number] as PodGroup).services.push(service);
    const groups = this.groupsOf.get(service);
    if (groups === undefined) this.groupsOf.set(service, [number]);
    else groups.push(number);
  }

  /** Services without a selector, and ExternalNames, select nothing. */
  private selects(service: VersionHandle, group: PodGroup): boolean {
    if (service === NO_VERSION) return false;
    const specification = this.services.specification.get(service);
    const selector = specification?.selector;
    if (selector === undefined || specification?.type === 'ExternalName') return false;
    return Object.keys(selector).every((key) => group.labels[key] === selector[key]);
  }
}

/** What services and groups of a namespace with a label are kept under. */
function placeOf(namespace: string, label: string, value: string): string {
  return `${namespace} ${label}=${value}`;
}
