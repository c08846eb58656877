/**
 * Which Services select which pods. All pods of one template in one namespace carry the same labels, so they form a group and selectors are
 * matched once for each group, never for a pod. Stands for the lookups of endpointslice/util (ServiceSelectorCache).
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
  readonly namespace: string;
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
  /** Services by namespace, and the groups that each selects. */
  private readonly servicesOf = new Map<string, Set<ObjectKey>>();
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
    const group: PodGroup = { namespace, labels: template.labels, services: [] };
    this.groups.push(group);
    const byNamespace = this.numbers[template.id] ?? new Map<string, number>();
    this.numbers[template.id] = byNamespace;
    byNamespace.set(namespace, number);
    for (const service of this.servicesOf.get(namespace) ?? []) {
      if (this.selects(this.serviceInformer.get(service), group)) this.link(service, number);
    }
    return number;
  }

  private onService(service: VersionHandle): void {
    const key = this.services.key.get(service) as ObjectKey;
    const namespace = this.serviceKeys.namespace(key);
    const neighbours = this.servicesOf.get(namespace);
    if (neighbours === undefined) this.servicesOf.set(namespace, new Set([key]));
    else neighbours.add(key);
    for (let number = 0; number < this.groups.length; number++) {
      const group = this.groups[number] as PodGroup;
      if (group.namespace === namespace && this.selects(service, group)) this.link(key, number);
    }
  }

  private onServiceUpdate(service: VersionHandle, previous: VersionHandle): void {
    if (this.services.specification.get(service) === this.services.specification.get(previous)) return;
    this.onServiceGone(this.services.key.get(service) as ObjectKey);
    this.onService(service);
  }

  private onServiceGone(key: ObjectKey): void {
    this.servicesOf.get(this.serviceKeys.namespace(key))?.delete(key);
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
