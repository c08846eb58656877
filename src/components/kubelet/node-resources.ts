/**
 * What a kubelet checks before it lets a pod in: resources, host ports, node affinity. K:pkg/kubelet/lifecycle/predicate.go, component-helpers.
 * The API server checks no capacity, so several schedulers (or one with a stale view) can over-commit a node; here the loser is found out.
 */
import {
  type EventReason,
  type NodeSpecification,
  type PodTemplate,
  podReasons,
  requiredNodeAffinityMatches,
} from '../../cluster/index.ts';

/** Resources of one node and the pods that hold some of them. */
export class NodeResources {
  private readonly specification: NodeSpecification;
  private readonly nodeName: string;
  private cpu = 0;
  private memory = 0;
  private pods = 0;
  private ephemeralStorage = 0;
  /** Extended resources by name. */
  private readonly extended = new Map<string, number>();
  /** Host ports in use. */
  private hostPorts: HostPort[] = [];

  constructor(specification: NodeSpecification, nodeName: string) {
    this.specification = specification;
    this.nodeName = nodeName;
  }

  /** Reason for which a pod is refused, as an index into podReasons; 0 = it is let in and holds its resources. */
  admit(template: PodTemplate): number {
    const reason = this.refusal(template);
    if (reason === '') this.change(template, 1);
    return podReasons.indexOf(reason);
  }

  /** A pod that was let in has ended. */
  release(template: PodTemplate): void {
    this.change(template, -1);
  }

  /** The node starts anew. */
  clear(): void {
    this.cpu = 0;
    this.memory = 0;
    this.pods = 0;
    this.ephemeralStorage = 0;
    this.extended.clear();
    this.hostPorts = [];
  }

  private refusal(template: PodTemplate): '' | Extract<EventReason, (typeof podReasons)[number]> {
    const { allocatable, pods, labels } = this.specification;
    const { requests } = template;
    if (this.pods + 1 > pods) return 'OutOfpods';
    if (this.cpu + requests.cpu > allocatable.cpu && requests.cpu > 0) return 'OutOfcpu';
    if (this.memory + requests.memory > allocatable.memory && requests.memory > 0) return 'OutOfmemory';
    const { ephemeralStorage: storage } = requests;
    if (storage > 0 && this.ephemeralStorage + storage > allocatable.ephemeralStorage) return 'OutOfephemeral-storage';
    if (this.lacksExtended(template)) return 'OutOfextended-resource';
    if (!requiredNodeAffinityMatches(template, labels, this.nodeName)) return 'NodeAffinity';
    const wanted = hostPortsOf(template);
    if (wanted.some((port) => this.hostPorts.some((used) => conflict(port, used)))) return 'NodePorts';
    return '';
  }

  /** Resources that the node does not name at all are not its business (removeMissingExtendedResources). */
  private lacksExtended({ requests: { extended } }: PodTemplate): boolean {
    const offered = this.specification.allocatable.extended;
    return Object.keys(extended).some((name) => {
      const limit = offered[name];
      return limit !== undefined && (this.extended.get(name) ?? 0) + (extended[name] as number) > limit;
    });
  }

  private change(template: PodTemplate, sign: 1 | -1): void {
    this.pods += sign;
    this.ephemeralStorage += sign * template.requests.ephemeralStorage;
    const { extended } = template.requests;
    for (const name of Object.keys(extended)) {
      this.extended.set(name, (this.extended.get(name) ?? 0) + sign * (extended[name] as number));
    }
    this.cpu += sign * template.requests.cpu;
    this.memory += sign * template.requests.memory;
    for (const port of hostPortsOf(template)) {
      if (sign === 1) this.hostPorts.push(port);
      else
        this.hostPorts.splice(
          this.hostPorts.findIndex((used) => isSame(port, used)),
          1,
        );
    }
  }
}

/** A host port that a pod takes; `ip` "" = on all addresses. */
interface HostPort {
  readonly protocol: string;
  readonly ip: string;
  readonly port: number;
}

/** Host ports that a pod asks for; on the host's network every port is one. */
function hostPortsOf({ initContainers, containers, hostNetwork }: PodTemplate): HostPort[] {
  const ports: HostPort[] = [];
  for (const container of [...initContainers.filter(({ sidecar }) => sidecar), ...containers]) {
    for (const { hostPort, containerPort, hostIp, protocol } of container.ports) {
      const port = hostNetwork && hostPort === 0 ? containerPort : hostPort;
      if (port > 0) ports.push({ protocol, ip: hostIp === '0.0.0.0' ? '' : hostIp, port });
    }
  }
  return ports;
}

/** Whether two pods cannot have these at once (framework.HostPortInfo.CheckConflict). */
function conflict(a: HostPort, b: HostPort): boolean {
  return a.port === b.port && a.protocol === b.protocol && (a.ip === b.ip || a.ip === '' || b.ip === '');
}

function isSame(a: HostPort, b: HostPort): boolean {
  return a.port === b.port && a.protocol === b.protocol && a.ip === b.ip;
}
