/**
 * With what each variant chose nodes. Published comparisons of schedulers often hide how ties are broken, how coarse scores are, how many
 * nodes are looked at, how long a decision takes and how old the state is on which it rests; any of them can decide the result.
 */
import type { ResolvedScenario, SchedulerSelection } from '../../scenario/resolved-scenario.ts';

/** The knobs of one scheduler of one variant, in words. */
export interface Knobs {
  readonly variant: string;
  readonly scheduler: string;
  readonly algorithm: string;
  readonly tieBreak: string;
  readonly quantise: string;
  readonly nodeSampling: string;
  readonly decisionTime: string;
  readonly staleness: string;
  /** Other settings, "NAME=VALUE" sorted by name. */
  readonly others: readonly string[];
}

/** Settings that have a column of their own. */
const COLUMNS = ['tieBreak', 'quantise', 'nodeSampling', 'decisionTime', 'staleness'] as const;

/** What kube-scheduler's own algorithm does where a setting says nothing else. */
const KUBE_SCHEDULER = {
  tieBreak: 'random',
  quantise: 'integer',
  decisionTime: 'work of plugins and nodes (kubeScheduler.*Time)',
  staleness: 'what its watches have delivered',
} as const;

/** The knobs of every scheduler of a variant. */
export function knobsOf(variant: string, scenario: ResolvedScenario): Knobs[] {
  return scenario.schedulers.map((scheduler) => {
    const usual = { ...KUBE_SCHEDULER, nodeSampling: samplingOf(scheduler, scenario) };
    const { settings } = scheduler;
    const knobs = Object.fromEntries(
      COLUMNS.map((name) => [name, settings[name] === undefined ? usual[name] : String(settings[name])]),
    ) as Record<(typeof COLUMNS)[number], string>;
    return {
      variant,
      scheduler: scheduler.name,
      algorithm: scheduler.algorithm,
      ...knobs,
      others: Object.keys(settings)
        .filter((name) => !COLUMNS.some((column) => column === name))
        .sort()
        .map((name) => `${name}=${settings[name]}`),
    };
  });
}

/** Share of the nodes that are found before scoring, by profile where they differ. */
function samplingOf({ configuration }: SchedulerSelection, { parameters }: ResolvedScenario): string {
  const usual = configuration.percentageOfNodesToScore ?? parameters.kubeScheduler?.percentageOfNodesToScore ?? 0;
  const shares = configuration.profiles.map(({ percentageOfNodesToScore }) => percentageOfNodesToScore ?? usual);
  return [...new Set(shares)].map((share) => (share === 0 ? 'adaptive' : `${String(share)} %`)).join(', ');
}
