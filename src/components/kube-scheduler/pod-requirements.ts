/** What scheduling needs to know of a pod, worked out once per template. K:pkg/scheduler/framework/types.go (PodInfo). */
import type { Container, GpuRequest, PodTemplate } from '../../cluster/index.ts';

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

/** What a pod asks for; shared by all pods of a template. */
export interface PodRequirements {
  /** The template's id: plugins keep what they know of a pod by it. */
  readonly id: number;
  readonly template: PodTemplate;
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

/** The requirements of all templates seen so far. */
export class PodRequirementTable {
  private readonly extended: ExtendedResources;
  private readonly byTemplate: (PodRequirements | undefined)[] = [];
  private readonly shapes = new Map<string, number>();

  constructor(extended: ExtendedResources) {
    this.extended = extended;
  }

  /** The requirements of a template. */
  of(template: PodTemplate): PodRequirements {
    let requirements = this.byTemplate[template.id];
    if (requirements === undefined) {
      requirements = this.work(template);
      this.byTemplate[template.id] = requirements;
    }
    return requirements;
  }

  /** The requirements of a template that was seen before, by its id. */
  get(id: number): PodRequirements {
    return this.byTemplate[id] as PodRequirements;
  }

  private work(template: PodTemplate): PodRequirements {
    const { cpu, memory, ephemeralStorage, extended: amounts } = template.requests;
    const extended = Object.keys(amounts)
      .filter((name) => (amounts[name] as number) > 0)
      .map((name) => ({ resource: this.extended.numberOf(name), amount: amounts[name] as number }));
    const requests = {
      cpu,
      memory,
      ephemeralStorage,
      extended,
      nonZeroCpu: withDefault(template, (container) => container.requests.cpu, cpu, DEFAULT_CPU_REQUEST),
      nonZeroMemory: withDefault(template, (container) => container.requests.memory, memory, DEFAULT_MEMORY_REQUEST),
    };
    return {
      id: template.id,
      template,
      shape: this.shapeOf(requests),
      ...requests,
      hostPorts: hostPortsOf(template),
      gpu: template.gpu,
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
