/**
 * Gangs: pods of one PodGroup, which are bound when enough of them have a node and not before. K:pkg/scheduler/framework/plugins/gangscheduling,
 * as of 1.35: a pod is held back until as many of its group are there as have to run together; then each is scheduled by itself and keeps its node
 * while it waits for the others, at most for a while. Two gangs that each hold a part of what both need wait for each other that long. From 1.36 on all
 * pods of a group are scheduled in one cycle before that (group-cycle.ts).
 * Left out: groups without a gang, Workload objects, minCount that changes.
 */
import {
  NO_VERSION,
  type ObjectKey,
  type ObjectTables,
  type PodTemplate,
  type VersionHandle,
} from '../../cluster/index.ts';
import type { Nanoseconds } from '../../units/index.ts';
import type { SharedInformer } from '../client-go/index.ts';
import type { GangsView, PodIdentity, WaitingPodsView } from './framework.ts';

/** The members of no group. */
const NOBODY: ReadonlySet<number> = new Set();

/** What gangs are made of. */
export interface GangsOptions {
  readonly tables: ObjectTables;
  readonly pods: SharedInformer;
  readonly groups: SharedInformer;
  readonly waiting: WaitingPodsView;
  /** Number of the plugin in whose name pods wait. */
  readonly plugin: number;
  /** How long a pod waits for the others of its gang. */
  readonly timeout: Nanoseconds;
  /** Whether a pod has its node, bound or assumed. */
  readonly isPlaced: (key: number) => boolean;
  /** Pods of a gang may enter the queue that could not before. */
  readonly onGrown: (isMember: (pod: PodIdentity) => boolean) => void;
}

/** The gangs that one scheduler knows of. */
export class Gangs implements GangsView {
  private readonly options: GangsOptions;
  /** Keys of the pods of each group, by its path, state. */
  private readonly members = new Map<string, Set<number>>();

  constructor(options: GangsOptions) {
    this.options = options;
    options.pods.addHandler({
      onAdd: (version) => this.podCame(version),
      onDelete: (version) => {
        this.members.get(this.pathOf(version))?.delete(options.tables.pods.key.get(version));
      },
    });
    options.groups.addHandler({ onAdd: (version) => this.tell(this.groupPath(version)) });
  }

  admits(pod: PodIdentity): boolean {
    const path = pathOfPod(pod);
    return path === '' || this.isComplete(path);
  }

  permit(pod: PodIdentity): number {
    const path = pathOfPod(pod);
    if (path === '') return 0;
    const { plugin, timeout, waiting } = this.options;
    if (!this.isEnough(pod)) return timeout;
    const members = this.membersOf(pod);
    for (const key of [...waiting.keys()]) if (members.has(key)) waiting.allow(key, plugin);
    return 0;
  }

  /** Keys of the pods of its group. */
  membersOf(pod: PodIdentity): ReadonlySet<number> {
    return this.members.get(pathOfPod(pod)) ?? NOBODY;
  }

  /** Whether as many pods of its group have a node as have to run together. */
  isEnough(pod: PodIdentity): boolean {
    let placed = 0;
    for (const key of this.membersOf(pod)) if (this.options.isPlaced(key)) placed++;
    return placed >= this.minCount(pathOfPod(pod));
  }

  /** Forgets all: the process has ended. */
  clear(): void {
    this.members.clear();
  }

  private podCame(version: VersionHandle): void {
    const path = this.pathOf(version);
    if (path === '') return;
    let members = this.members.get(path);
    if (members === undefined) {
      members = new Set();
      this.members.set(path, members);
    }
    members.add(this.options.tables.pods.key.get(version));
    if (members.size === this.minCount(path)) this.tell(path);
  }

  private tell(path: string): void {
    if (this.isComplete(path)) this.options.onGrown((pod) => pathOfPod(pod) === path);
  }

  private isComplete(path: string): boolean {
    return (this.members.get(path)?.size ?? 0) >= this.minCount(path);
  }

  /** Pods of a group that have to run together; without end where there is no such group. */
  private minCount(path: string): number {
    const { groups, tables } = this.options;
    const slash = path.indexOf('/');
    const key = tables.keysOf('podgroups').find(path.slice(0, slash), path.slice(slash + 1));
    const version = groups.get(key);
    return version === NO_VERSION ? Number.POSITIVE_INFINITY : tables.podgroups.minCount.get(version);
  }

  private pathOf(version: VersionHandle): string {
    const { tables } = this.options;
    const { podGroup } = tables.pods.template.get(version) as PodTemplate;
    const key = tables.pods.key.get(version) as ObjectKey;
    return podGroup === undefined ? '' : `${tables.keysOf('pods').namespace(key)}/${podGroup}`;
  }

  private groupPath(version: VersionHandle): string {
    const { tables } = this.options;
    return tables.keysOf('podgroups').path(tables.podgroups.key.get(version) as ObjectKey);
  }
}

/** "namespace/name" of a pod's group, "" if it has none. */
function pathOfPod({ requirements: { namespace, template } }: PodIdentity): string {
  return template.podGroup === undefined ? '' : `${namespace}/${template.podGroup}`;
}
