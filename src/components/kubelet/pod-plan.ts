/** What a pod template means to a kubelet: its containers by role, their probes, and how their programs behave, made once for each template. */
import type { ApplicationBehaviour, Container, PodTemplate, Probe } from '../../cluster/index.ts';
import { createDistribution, type Distribution, type ValuesOf } from '../../engine/index.ts';
import type { kubeletParameters } from './kubelet.parameters.ts';

/** What a container is to its pod. */
export const Role = {
  /** Runs to its end before the next one starts. */
  Init: 0,
  /** A native sidecar: an init container that is started, and then goes on beside the others. */
  Sidecar: 1,
  Main: 2,
} as const;

/** Kinds of probes, by what follows from them. */
export const ProbeType = { Startup: 0, Liveness: 1, Readiness: 2 } as const;

/** A probe and its kind. */
export interface ProbePlan {
  readonly type: number;
  readonly probe: Probe;
}

/** A container as its kubelet treats it. */
export interface ContainerPlan {
  readonly container: Container;
  /** A value of {@link Role}. */
  readonly role: number;
  readonly probes: readonly ProbePlan[];
  readonly startTime: Distribution;
  readonly runTime: Distribution;
  readonly stopTime: Distribution;
  /** Undefined = it does not do that. */
  readonly hangsAfter: Distribution | undefined;
  readonly hangTime: Distribution | undefined;
  readonly crashesAfter: Distribution | undefined;
  readonly exitCode: number;
  /** Lives that end by a crash. */
  readonly crashes: number;
  readonly memory: Distribution | undefined;
  /** [B/s] */
  readonly memoryGrowth: number;
  readonly disk: Distribution | undefined;
  /** [B/s] */
  readonly diskGrowth: number;
}

/** A pod as its kubelet treats it. */
export interface PodPlan {
  readonly template: PodTemplate;
  /** Init containers and sidecars first, in the order of the specification. */
  readonly containers: readonly ContainerPlan[];
  /** Init containers and sidecars among them. */
  readonly initContainers: number;
  readonly hasSidecars: boolean;
  readonly hasProbes: boolean;
  /** Whether its containers use memory or disk that counts. */
  readonly usesResources: boolean;
}

/** The plans of all templates. */
export class PodPlans {
  private readonly parameters: ValuesOf<typeof kubeletParameters>;
  /** By the id of the template. */
  private readonly plans: (PodPlan | undefined)[] = [];

  constructor(parameters: ValuesOf<typeof kubeletParameters>) {
    this.parameters = parameters;
  }

  /** The plan of a template. */
  of(template: PodTemplate): PodPlan {
    const known = this.plans[template.id];
    if (known !== undefined) return known;
    const plan = this.make(template);
    this.plans[template.id] = plan;
    return plan;
  }

  private make(template: PodTemplate): PodPlan {
    const containers = [
      ...template.initContainers.map((container) => this.plan(container, container.sidecar ? Role.Sidecar : Role.Init)),
      ...template.containers.map((container) => this.plan(container, Role.Main)),
    ];
    return {
      template,
      containers,
      initContainers: template.initContainers.length,
      hasSidecars: containers.some(({ role }) => role === Role.Sidecar),
      hasProbes: containers.some(({ probes }) => probes.length > 0),
      usesResources: containers.some(({ memory, disk }) => memory !== undefined || disk !== undefined),
    };
  }

  private plan(container: Container, role: number): ContainerPlan {
    const { parameters } = this;
    const behaviour: ApplicationBehaviour = container.application ?? { exitCode: 0 };
    const drawn = (key: 'hangsAfter' | 'hangTime' | 'crashesAfter' | 'memory' | 'disk') => {
      const spec = behaviour[key];
      return spec === undefined ? undefined : createDistribution(spec);
    };
    return {
      container,
      role,
      probes: probesOf(container, role),
      startTime: behaviour.startTime ? createDistribution(behaviour.startTime) : parameters.applicationStart,
      runTime: behaviour.runTime ? createDistribution(behaviour.runTime) : parameters.initContainerRun,
      stopTime: behaviour.stopTime ? createDistribution(behaviour.stopTime) : parameters.containerStop,
      hangsAfter: drawn('hangsAfter'),
      hangTime: drawn('hangTime'),
      crashesAfter: drawn('crashesAfter'),
      exitCode: behaviour.exitCode,
      crashes: behaviour.crashes ?? Number.POSITIVE_INFINITY,
      memory: drawn('memory'),
      memoryGrowth: behaviour.memoryGrowth ?? 0,
      disk: drawn('disk'),
      diskGrowth: behaviour.diskGrowth ?? 0,
    };
  }
}

/** Plain init containers have no probes (validation refuses them). */
function probesOf(container: Container, role: number): readonly ProbePlan[] {
  if (role === Role.Init) return [];
  const { startupProbe, livenessProbe, readinessProbe } = container;
  const probes: ProbePlan[] = [];
  if (startupProbe !== undefined) probes.push({ type: ProbeType.Startup, probe: startupProbe });
  if (livenessProbe !== undefined) probes.push({ type: ProbeType.Liveness, probe: livenessProbe });
  if (readinessProbe !== undefined) probes.push({ type: ProbeType.Readiness, probe: readinessProbe });
  return probes;
}
