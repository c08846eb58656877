/** What scheduling needs to know of a pod, worked out once for all pods that are alike. K:pkg/scheduler/framework/types.go (PodInfo). */
import type { Container, GpuRequest, LabelSelector, Labels, PodTemplate } from '../../cluster/index.ts';
import { type InterPodTerms, interPodTermsOf, termKinds, weightedTermsOf } from './topology/affinity-term.ts';
import { tagOfCarriers, tagsOfLabels } from './topology/pod-tags.ts';

/** Label by which the pods of one ReplicaSet of a Deployment know each other (K:api/apps/v1: DefaultDeploymentUniqueLabelKey). */
export const LABEL_TEMPLATE_HASH = 'pod-template-hash';
/** Namespace where nothing is said. */
const DEFAULT_NAMESPACE = 'default';

/** Requests that scores assume of a container that states none (K:pkg/scheduler/util/pod_resources.go): 100 milli-CPU and 200 MiB. */
export const DEFAULT_CPU_REQUEST = 100;
export const DEFAULT_MEMORY_REQUEST = 209_715_200;

/** A port of the node that a pod takes. `ip` "" = all addresses. */
export interface HostPort {
  readonly protocol: 'TCP' | 'UDP' | 'SCTP';
  readonly ip: string;
  readonly port: number;
}

/** An amount of an extended resource, by the resource's number (see {@link ExtendedResources}). */
export interface ExtendedRequest {
  readonly resource: number;
  readonly amount: number;
}

/** Names of extended resources, numbered in the order in which they appear. */
export class ExtendedResources {
  readonly names: string[] = [];
  private readonly numbers = new Map<string, number>();

  /** The number of a resource. */
  numberOf(name: string): number {
    let number = this.numbers.get(name);
    if (number === undefined) {
      number = this.names.push(name) - 1;
      this.numbers.set(name, number);
    }
    return number;
  }
}

/** The ReplicaSet that a pod belongs to, as far as scheduling minds. */
export interface PodController {
  readonly selector: LabelSelector;
  /** Whether a Deployment owns it, so that its pods and its selector carry the hash of the template. */
  readonly ofDeployment: boolean;
}

/** What a pod asks for; shared by all pods of a template in one namespace that have one controller. */
export interface PodRequirements {
  /** A dense number: plugins keep what they know of a pod by it. */
  readonly id: number;
  readonly template: PodTemplate;
  readonly namespace: string;
  /** Undefined = none, or none that is known. */
  readonly controller: PodController | undefined;
  /** The template's labels, and for pods of a Deployment the hash of the template. */
  readonly labels: Labels;
  /** Terms of its pod affinity and anti-affinity. */
  readonly interPod: InterPodTerms;
  /** Tags by which sets of pods find it (topology/pod-tags.ts). */
  readonly tags: readonly string[];
  /** Number of this set of requests: templates that request the same share it. */
  readonly shape: number;
  /** Effective requests [milli-CPU, B, B]. */
  readonly cpu: number;
  readonly memory: number;
  readonly ephemeralStorage: number;
  /** Extended resources of which it asks more than 0. */
  readonly extended: readonly ExtendedRequest[];
  /** Requests with the defaults for containers that state none: what scores count [milli-CPU, B]. */
  readonly nonZeroCpu: number;
  readonly nonZeroMemory: number;
  readonly hostPorts: readonly HostPort[];
  /** GPUs, shared ones included. */
  readonly gpu?: GpuRequest | undefined;
}

/** The requirements of all pods seen so far. */
export class PodRequirementTable {
  private readonly extended: ExtendedResources;
  private readonly uncounted: ReadonlySet<string>;
  private readonly all: PodRequirements[] = [];
  /** By template, then by namespace; the few controllers of one template in one namespace are told apart one by one. */
  private readonly byTemplate: (Map<string, PodRequirements[]> | undefined)[] = [];
  private readonly shapes = new Map<string, number>();

  /** `uncounted`: extended resources that extenders see to, and the scheduler does not count. */
  constructor(extended: ExtendedResources, uncounted: ReadonlySet<string> = new Set()) {
    this.extended = extended;
    this.uncounted = uncounted;
  }

  /** The requirements of the pods of a template in a namespace. */
  of(template: PodTemplate, namespace = DEFAULT_NAMESPACE, controller?: PodController): PodRequirements {
    let byNamespace = this.byTemplate[template.id];
    if (byNamespace === undefined) {
      byNamespace = new Map();
      this.byTemplate[template.id] = byNamespace;
    }
    let candidates = byNamespace.get(namespace);
    if (candidates === undefined) {
      candidates = [];
      byNamespace.set(namespace, candidates);
    }
    for (const candidate of candidates) if (candidate.controller === controller) return candidate;
    const requirements = this.work(template, namespace, controller);
    candidates.push(requirements);
    return requirements;
  }

  /** Requirements that were seen before, by their number. */
  get(id: number): PodRequirements {
    return this.all[id] as PodRequirements;
  }

  private work(template: PodTemplate, namespace: string, controller: PodController | undefined): PodRequirements {
    const requests = this.requestsOf(template);
    const labels =
      controller?.ofDeployment === true
        ? { ...template.labels, [LABEL_TEMPLATE_HASH]: String(template.id) }
        : template.labels;
    const interPod = interPodTermsOf(template, namespace, labels);
    const requirements = {
      id: this.all.length,
      template,
      namespace,
      controller,
      labels,
      interPod,
      tags: [...tagsOfLabels(labels), ...tagsOfTerms(interPod)],
      shape: this.shapeOf(requests),
      ...requests,
      hostPorts: hostPortsOf(template),
      gpu: template.gpu,
    };
    this.all.push(requirements);
    return requirements;
  }

  private requestsOf(template: PodTemplate) {
    const { cpu, memory, ephemeralStorage, extended: amounts } = template.requests;
    const extended = Object.keys(amounts)
      .filter((name) => (amounts[name] as number) > 0 && !this.uncounted.has(name))
      .map((name) => ({ resource: this.extended.numberOf(name), amount: amounts[name] as number }));
    return {
      cpu,
      memory,
      ephemeralStorage,
      extended,
      nonZeroCpu: withDefault(template, (container) => container.requests.cpu, cpu, DEFAULT_CPU_REQUEST),
      nonZeroMemory: withDefault(template, (container) => container.requests.memory, memory, DEFAULT_MEMORY_REQUEST),
    };
  }

  private shapeOf(requests: object): number {
    const text = JSON.stringify(requests);
    let shape = this.shapes.get(text);
    if (shape === undefined) {
      shape = this.shapes.size;
      this.shapes.set(text, shape);
    }
    return shape;
  }
}

/** One tag for each term that a pod carries, and kind of it. */
function tagsOfTerms(terms: InterPodTerms): readonly string[] {
  const tags = termKinds.flatMap((kind) =>
    weightedTermsOf(terms, kind).map(({ term }) => tagOfCarriers(kind, term.name)),
  );
  return [...new Set(tags)];
}

/** The pod's effective request of one resource if containers that state none asked for `fallback`. Overhead is counted as it is. */
function withDefault(
  template: PodTemplate,
  requestOf: (container: Container) => number,
  effective: number,
  fallback: number,
): number {
  const stated = effectiveRequest(template, requestOf);
  const assumed = effectiveRequest(template, (container) => requestOf(container) || fallback);
  return assumed + effective - stated;
}

/** max(containers and sidecars, peak of the init containers) of one resource (K:component-helpers/resource/helpers.go:PodRequests). */
function effectiveRequest(template: PodTemplate, requestOf: (container: Container) => number): number {
  let running = template.containers.reduce((sum, container) => sum + requestOf(container), 0);
  let sidecars = 0;
  let peak = 0;
  for (const container of template.initContainers) {
    const request = requestOf(container);
    if (container.sidecar) {
      sidecars += request;
      running += request;
      peak = Math.max(peak, sidecars);
    } else {
      peak = Math.max(peak, sidecars + request);
    }
  }
  return Math.max(running, peak);
}

/** Host ports of containers and sidecars; with the host's network every container port is one (defaults.go:SetDefaults_Pod). */
function hostPortsOf(template: PodTemplate): readonly HostPort[] {
  const ports: HostPort[] = [];
  const containers = [...template.initContainers.filter((container) => container.sidecar), ...template.containers];
  for (const { ports: declared } of containers) {
    for (const { hostPort, containerPort, hostIp, protocol } of declared) {
      const port = hostPort > 0 ? hostPort : template.hostNetwork ? containerPort : 0;
      if (port > 0) ports.push({ protocol, ip: hostIp === '0.0.0.0' ? '' : hostIp, port });
    }
  }
  return ports;
}

/** Whether two pods with these ports cannot share a node (HostPortInfo.CheckConflict): same protocol and port, overlapping addresses. */
export function portsConflict(a: HostPort, b: HostPort): boolean {
  return a.port === b.port && a.protocol === b.protocol && (a.ip === '' || b.ip === '' || a.ip === b.ip);
}
