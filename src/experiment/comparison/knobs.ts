/**
 * With what each variant chose nodes. Published comparisons of schedulers often hide how ties are broken, how coarse scores are, how many
 * nodes are looked at, how long a decision takes and how old the state is on which it rests; any of them can decide the result.
 */
import {
  type AlgorithmDefinition,
  type AlgorithmName,
  algorithmRegistry,
} from '../../components/kube-scheduler/index.ts';
import { settingsOfScheduler } from '../../components/scheduling-cell/index.ts';
import type { DistributionSpec, ParameterSet } from '../../engine/index.ts';
import type { PlainValue, ResolvedScenario, SchedulerSelection } from '../../scenario/resolved-scenario.ts';

/** A setting with its value. */
export interface KnobValue {
  readonly value: PlainValue;
  /** Whether a number is a span [ns]. */
  readonly isSpan: boolean;
  readonly isDefault: boolean;
}

/** The knobs of one scheduler of one variant. */
export interface Knobs {
  readonly variant: string;
  readonly scheduler: string;
  /** "fgd", or "omega with first-fit". */
  readonly algorithm: string;
  /** All its settings by name, in their order. */
  readonly settings: Readonly<Record<string, KnobValue>>;
  /** Instances of it, where the scenario says so. */
  readonly replicas?: number;
  /** Jobs that bring decision times of their own, in place of those of the settings. */
  readonly jobs: readonly JobDecisionTime[];
}

/** How long a scheduler thinks about some jobs. */
export interface JobDecisionTime {
  readonly name: string;
  readonly perJob: DistributionSpec;
  readonly perTask: DistributionSpec;
}

/** What kube-scheduler's own algorithm does and has no setting for. */
const KUBE_SCHEDULER = { tieBreak: 'random', quantise: 'integer' } as const;
/** The same of a scheduler of a control plane. */
const CONTROL_PLANE = {
  decisionTime: 'work of plugins and nodes (kubeScheduler.*Time)',
  staleness: 'what its watches have delivered',
} as const;

/** The knobs of every scheduler of a variant. */
export function knobsOf(variant: string, scenario: ResolvedScenario): Knobs[] {
  return scenario.schedulers.map((scheduler) => {
    const chooser = chooserOf(scheduler);
    const fixed = {
      ...(chooser === 'kube-scheduler' ? { ...KUBE_SCHEDULER, nodeSampling: samplingOf(scheduler, scenario) } : {}),
      ...(scheduler.cell === undefined ? CONTROL_PLANE : {}),
    };
    const usual = Object.entries(fixed).map(([name, value]) => [name, { value, isSpan: false, isDefault: true }]);
    return {
      variant,
      scheduler: scheduler.name,
      algorithm: nameOf(scheduler, chooser),
      settings: { ...Object.fromEntries(usual), ...settingsOf(scheduler, chooser) },
      ...(scheduler.replicas === undefined ? {} : { replicas: scheduler.replicas }),
      jobs: jobsOf(scheduler, scenario),
    };
  });
}

/** Jobs that name the scheduler, or none if it is the first, and say how long they take to decide on. */
function jobsOf({ name }: SchedulerSelection, { operations, schedulers }: ResolvedScenario): JobDecisionTime[] {
  return operations.flatMap((operation) => {
    if (operation.kind !== 'submitJobs' || operation.decisionTime === undefined) return [];
    const isOwn = (operation.scheduler ?? schedulers[0]?.name) === name;
    return isOwn ? [{ name: operation.name, ...operation.decisionTime }] : [];
  });
}

/** The algorithm that chooses nodes, by itself or inside an architecture; undefined if an architecture does without. */
function chooserOf({ algorithm, cell }: SchedulerSelection): AlgorithmName | undefined {
  if (cell === undefined) return algorithm as AlgorithmName;
  const { placement } = settingsOfScheduler(cell.architecture, undefined);
  return (cell.settings.placement ?? placement?.default) as AlgorithmName | undefined;
}

function nameOf({ algorithm, cell }: SchedulerSelection, chooser: AlgorithmName | undefined): string {
  return cell === undefined || chooser === undefined || chooser === algorithm
    ? algorithm
    : `${algorithm} with ${chooser}`;
}

function settingsOf(
  { cell, settings }: SchedulerSelection,
  chooser: AlgorithmName | undefined,
): Readonly<Record<string, KnobValue>> {
  const definition: AlgorithmDefinition | undefined = chooser === undefined ? undefined : algorithmRegistry[chooser];
  const known: ParameterSet =
    cell === undefined ? (definition?.settings ?? {}) : settingsOfScheduler(cell.architecture, chooser);
  return Object.fromEntries(
    Object.entries(known)
      .filter(([name]) => name !== 'placement')
      .map(([name, { type, default: usual }]) => {
        const value = settings[name];
        return [name, { value: value ?? usual, isSpan: type === 'duration', isDefault: value === undefined }];
      }),
  );
}

/** Share of the nodes that are found before scoring, by profile where they differ. */
function samplingOf({ configuration }: SchedulerSelection, { parameters }: ResolvedScenario): string {
  const usual = configuration.percentageOfNodesToScore ?? parameters.kubeScheduler?.percentageOfNodesToScore ?? 0;
  const shares = configuration.profiles.map(({ percentageOfNodesToScore }) => percentageOfNodesToScore ?? usual);
  return [...new Set(shares)].map((share) => (share === 0 ? 'adaptive' : `${String(share)} %`)).join(', ');
}
