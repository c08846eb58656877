/**
 * What groups pods, as a scheduler's informers show it: ReplicaSets and Services, by which PodTopologySpread finds pods that are alike, and labels
 * of namespaces, by which terms of InterPodAffinity select. K:pkg/scheduler/framework/plugins/helper/spread.go, …/interpodaffinity/plugin.go.
 */
import {
  kinds,
  NO_KEY,
  NO_VERSION,
  type ObjectKey,
  type PodTemplate,
  type VersionHandle,
} from '../../cluster/index.ts';
import { type ApiClient, type ClientGo, type ReflectorReplies, SharedInformer } from '../client-go/index.ts';
import type { NodeColumns } from './node-columns.ts';
import type { PodController, PodRequirements, PodRequirementTable } from './pod-requirements.ts';

/** Informers of what groups pods. */
export class PodGroups {
  private readonly clientGo: ClientGo;
  private readonly columns: NodeColumns;
  private readonly requirements: PodRequirementTable;
  private readonly replicaSets: SharedInformer;
  private readonly services: SharedInformer;
  private readonly namespaces: SharedInformer;
  /** By key of the ReplicaSet, so that pods of one share it. A ReplicaSet's selector cannot be changed. */
  private readonly controllers: (PodController | undefined)[] = [];

  constructor(
    clientGo: ClientGo,
    client: ApiClient,
    replies: ReflectorReplies,
    columns: NodeColumns,
    requirements: PodRequirementTable,
  ) {
    this.clientGo = clientGo;
    this.columns = columns;
    this.requirements = requirements;
    this.replicaSets = new SharedInformer(clientGo, client, kinds.replicasets, replies);
    this.services = new SharedInformer(clientGo, client, kinds.services, replies);
    this.namespaces = new SharedInformer(clientGo, client, kinds.namespaces, replies);
    this.listen();
  }

  private listen(): void {
    this.services.addHandler({
      onAdd: (version) => this.serviceSeen(version),
      onUpdate: (version) => this.serviceSeen(version),
      onDelete: (previous) => this.serviceGone(previous),
    });
    this.namespaces.addHandler({
      onAdd: (version) => this.namespaceSeen(version),
      onUpdate: (version) => this.namespaceSeen(version),
      onDelete: (previous) => this.columns.placed.setNamespace(this.namespaceOf(previous), undefined),
    });
  }

  /** Takes over what was preloaded. */
  startPreloaded(): void {
    for (const informer of this.informers()) informer.startPreloaded();
  }

  /** Lists and watches. */
  start(): void {
    for (const informer of this.informers()) informer.start();
  }

  /** The process has ended. */
  stop(): void {
    const { services, tables } = { services: this.services, tables: this.clientGo.tables };
    services.forEach((_, version) => {
      this.serviceGone(version);
    });
    this.namespaces.forEach((key) => {
      this.columns.placed.setNamespace(tables.keysOf('namespaces').name(key), undefined);
    });
    for (const informer of this.informers()) informer.stop();
  }

  /** Whether all first lists have come. */
  get haveSynced(): boolean {
    return this.informers().every(({ hasSynced }) => hasSynced);
  }

  /** What a pod asks for, as far as its ReplicaSet is known. */
  requirementsOf(version: VersionHandle): PodRequirements {
    const { tables } = this.clientGo;
    const { pods } = tables;
    const namespace = tables.keysOf('pods').namespace(pods.key.get(version) as ObjectKey);
    const controller = this.controller(pods.owner.get(version) as ObjectKey);
    return this.requirements.of(pods.template.get(version) as PodTemplate, namespace, controller);
  }

  /** The ReplicaSet with a key, as far as this scheduler knows it; undefined = none. */
  private controller(replicaSet: ObjectKey): PodController | undefined {
    if (replicaSet === NO_KEY) return undefined;
    let controller = this.controllers[replicaSet];
    if (controller !== undefined) return controller;
    const version = this.replicaSets.get(replicaSet);
    if (version === NO_VERSION) return undefined;
    const { replicasets } = this.clientGo.tables;
    controller = {
      selector: replicasets.selector.get(version),
      ofDeployment: replicasets.owner.get(version) >= 0,
    };
    this.controllers[replicaSet] = controller;
    return controller;
  }

  private informers(): readonly SharedInformer[] {
    return [this.namespaces, this.services, this.replicaSets];
  }

  private serviceSeen(version: VersionHandle): void {
    const { services } = this.clientGo.tables;
    const key = services.key.get(version) as ObjectKey;
    const selector = services.specification.get(version)?.selector;
    this.columns.services.set(this.clientGo.tables.keysOf('services').namespace(key), key, selector);
  }

  private serviceGone(previous: VersionHandle): void {
    const key = this.clientGo.tables.services.key.get(previous) as ObjectKey;
    this.columns.services.set(this.clientGo.tables.keysOf('services').namespace(key), key, undefined);
  }

  private namespaceSeen(version: VersionHandle): void {
    const { namespaces } = this.clientGo.tables;
    this.columns.placed.setNamespace(this.namespaceOf(version), namespaces.labels.get(version));
  }

  private namespaceOf(version: VersionHandle): string {
    const { tables } = this.clientGo;
    return tables.keysOf('namespaces').name(tables.namespaces.key.get(version) as ObjectKey);
  }
}
