/**
 * LimitRanger in one API server. K:plugin/pkg/admission/limitranger.
 * Containers of a new pod that say nothing get the requests and limits of the namespace's LimitRanges; a pod whose containers, or which as a whole,
 * asks for less than a minimum or may use more than a maximum is refused with 403.
 * Left out: maxLimitRequestRatio, storage, resources other than CPU and memory; 0 is taken for nothing said.
 */
import {
  type Container,
  effectivePodRequest,
  type Kind,
  kinds,
  type LimitRangeItem,
  NO_RESOURCES,
  type ObjectKey,
  type PodTemplate,
  type ResourceList,
} from '../../../cluster/index.ts';
import { bytes, milliCpu } from '../../../units/index.ts';
import { type RequestId, StatusCode, writes } from '../../api-machinery/index.ts';
import type { ApiServerSurroundings } from '../surroundings.ts';
import type { QuotaHome } from './quota-admission.ts';

/** Resources that LimitRanges bound. */
const resources = ['cpu', 'memory'] as const;

/** The plugin. */
export class LimitRanger {
  private readonly around: ApiServerSurroundings;
  private readonly home: QuotaHome;

  constructor(around: ApiServerSurroundings, home: QuotaHome) {
    this.around = around;
    this.home = home;
  }

  /** Gives a new pod its defaults and holds it against the bounds: 0, or the code of the refusal. */
  apply(request: RequestId): number {
    const { requests } = this.around;
    if (this.home.cache(kinds.limitranges).objects === 0) return 0;
    if (requests.kind[request] !== kinds.pods || requests.write[request] !== writes.podCreate) return 0;
    const items = this.itemsFor(request);
    if (items.length === 0) return 0;
    const template = this.withDefaults(requests.object[request] as PodTemplate, items);
    requests.object[request] = template;
    return items.every((item) => isWithin(template, item)) ? 0 : StatusCode.Forbidden;
  }

  /** Items of all LimitRanges of the pod's namespace. */
  private itemsFor(request: RequestId): LimitRangeItem[] {
    const { requests, tables } = this.around;
    const namespace = tables.keysOf(requests.kind[request] as Kind).namespace(requests.key[request] as ObjectKey);
    const keys = tables.keysOf('limitranges');
    const items: LimitRangeItem[] = [];
    this.home.cache(kinds.limitranges).forEach((key, version) => {
      if (keys.namespace(key) === namespace) items.push(...tables.limitranges.limits.get(version));
    });
    return items;
  }

  private withDefaults(template: PodTemplate, items: readonly LimitRangeItem[]): PodTemplate {
    const fill = (container: Container) => items.reduce(filled, container);
    const initContainers = template.initContainers.map(fill);
    const containers = template.containers.map(fill);
    const isSame = (a: readonly Container[], b: readonly Container[]) => a.every((container, i) => container === b[i]);
    if (isSame(containers, template.containers) && isSame(initContainers, template.initContainers)) return template;
    const before = effectivePodRequest(template.initContainers, template.containers, NO_RESOURCES);
    const after = effectivePodRequest(initContainers, containers, NO_RESOURCES);
    // The pod's overhead stays as it is.
    const requests: ResourceList = {
      ...template.requests,
      cpu: milliCpu(template.requests.cpu - before.cpu + after.cpu),
      memory: bytes(template.requests.memory - before.memory + after.memory),
    };
    return this.around.deriveTemplate(template, { initContainers, containers, requests });
  }
}

/** A container with the defaults of an item where it says nothing; itself if it says everything. */
function filled(container: Container, item: LimitRangeItem): Container {
  if (item.type !== 'Container') return container;
  const limits = withAmounts(container.limits, item.default);
  const requests = withAmounts(container.requests, item.defaultRequest);
  if (limits === container.limits && requests === container.requests) return container;
  return { ...container, limits, requests };
}

function withAmounts(list: ResourceList, defaults: LimitRangeItem['default']): ResourceList {
  const missing = resources.filter((resource) => list[resource] === 0 && (defaults[resource] ?? 0) > 0);
  if (missing.length === 0) return list;
  return { ...list, ...Object.fromEntries(missing.map((resource) => [resource, defaults[resource]])) };
}

/** Whether a pod keeps the bounds of an item. A bound on what is not said is not kept. */
function isWithin(template: PodTemplate, { type, min, max }: LimitRangeItem): boolean {
  const sum = (field: 'requests' | 'limits', resource: (typeof resources)[number]) =>
    template.containers.reduce((total, container) => total + container[field][resource], 0);
  return resources.every((resource) => {
    const least = min[resource] ?? 0;
    const most = max[resource] ?? Number.POSITIVE_INFINITY;
    if (type === 'Pod') return sum('requests', resource) >= least && isBelow(sum('limits', resource), most);
    return template.containers.every(
      ({ requests, limits }) => requests[resource] >= least && isBelow(limits[resource], most),
    );
  });
}

/** Whether a limit is set and not above the most that is allowed; without a maximum, none need be set. */
function isBelow(limit: number, most: number): boolean {
  return most === Number.POSITIVE_INFINITY || (limit > 0 && limit <= most);
}
