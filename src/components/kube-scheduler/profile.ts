/** A profile made ready to run: its plugins at the points where the model acts. K:pkg/scheduler/framework/runtime/framework.go. */
import type { ValuesOf } from '../../engine/index.ts';
import type {
  EnabledPlugin,
  PluginArguments,
  PluginsByPoint,
  SchedulerConfiguration,
  SchedulerProfile,
} from './configuration.ts';
import type {
  FilterPlugin,
  PermitPlugin,
  Plugin,
  PreBindPlugin,
  PreEnqueuePlugin,
  ReservePlugin,
  ScorePlugin,
} from './framework.ts';
import type { kubeSchedulerParameters } from './kube-scheduler.parameters.ts';
import type { NodeColumns } from './node-columns.ts';
import { findPlugin, type PluginContext, type PluginName, pluginNames } from './plugins/index.ts';

/** A filter of a profile. */
export interface ProfileFilter {
  /** Number of the plugin: index into {@link pluginNames}. */
  readonly number: number;
  readonly filter: FilterPlugin;
}

/** A score of a profile. */
export interface ProfileScore {
  readonly number: number;
  readonly weight: number;
  readonly score: ScorePlugin;
}

/** A plugin of a profile that may keep pods out of the queue. */
export interface ProfileGate {
  readonly number: number;
  readonly gate: PreEnqueuePlugin;
}

/** A plugin of a profile at one of the points from the decision to the binding. */
export interface ProfileEntry<Point> {
  readonly number: number;
  readonly plugin: Point;
}

/** A profile. */
export interface Profile {
  readonly name: string;
  /** In the order in which they are asked. */
  readonly gates: readonly ProfileGate[];
  readonly reserves: readonly ProfileEntry<ReservePlugin>[];
  readonly permits: readonly ProfileEntry<PermitPlugin>[];
  readonly preBinds: readonly ProfileEntry<PreBindPlugin>[];
  /** Whether its pods preempt others, and how many candidates that looks for at least. */
  readonly preempts: boolean;
  readonly preemption: NonNullable<PluginArguments['defaultPreemption']>;
  /** Percentage of nodes to find feasible before scoring, 0 = adaptive. */
  readonly percentageOfNodesToScore: number;
  /** In the order in which they are asked. */
  readonly filters: readonly ProfileFilter[];
  /** Filters whose rejections a pod that was placed, the end of a node, or devices may make up for, as bits by plugin number. */
  readonly placementRejectors: number;
  readonly nodeDeletionRejectors: number;
  readonly deviceRejectors: number;
  readonly scores: readonly ProfileScore[];
  /** What batching signs of its pods: labels beside the rest, or not. Undefined = none of them is signed, as default constraints look at other pods. */
  readonly signing: { readonly labels: boolean } | undefined;
}

/** What plugins ask their scheduler; left out where there is none around them. */
export type ProfileHooks = Pick<PluginContext, 'isPreempting' | 'isGated' | 'volumes' | 'devices' | 'gangs'>;

/** Makes the profiles of a configuration. Plugins that the model does not have are passed over; names that nobody has are refused. */
export function makeProfiles(
  configuration: SchedulerConfiguration,
  nodes: NodeColumns,
  parameters: ValuesOf<typeof kubeSchedulerParameters>,
  hooks: ProfileHooks = {},
): readonly Profile[] {
  return configuration.profiles.map((profile) => makeProfile(profile, configuration, { nodes, parameters, ...hooks }));
}

function makeProfile(
  written: SchedulerProfile,
  configuration: SchedulerConfiguration,
  surroundings: Omit<PluginContext, 'arguments'>,
): Profile {
  const { schedulerName } = written;
  const plugins = surroundings.parameters.gangScheduling ? withGangs(written.plugins) : written.plugins;
  requireOne(written, 'queueSort', 'PrioritySort');
  requireOne(written, 'bind', 'DefaultBinder');
  const instances = new Map<string, Plugin>();
  const instanceOf = (name: string): Plugin => {
    let instance = instances.get(name);
    if (instance === undefined) {
      instance = create(name, { ...surroundings, arguments: written.arguments });
      instances.set(name, instance);
    }
    return instance;
  };
  const filters = plugins.filter.flatMap(({ name }) => {
    const { filter } = instanceOf(name);
    return filter === undefined ? [] : [{ number: numberOf(name), filter }];
  });
  const at = <Point extends 'reserve' | 'permit' | 'preBind'>(point: Point) =>
    plugins[point].flatMap(({ name }): ProfileEntry<NonNullable<Plugin[Point]>>[] => {
      const plugin = instanceOf(name)[point];
      return plugin === undefined ? [] : [{ number: numberOf(name), plugin }];
    });
  const percentage = written.percentageOfNodesToScore ?? configuration.percentageOfNodesToScore;
  return {
    name: schedulerName,
    percentageOfNodesToScore: percentage ?? surroundings.parameters.percentageOfNodesToScore,
    gates: plugins.preEnqueue.flatMap(({ name }) => {
      const { preEnqueue } = instanceOf(name);
      return preEnqueue === undefined ? [] : [{ number: numberOf(name), gate: preEnqueue }];
    }),
    reserves: at('reserve'),
    permits: at('permit'),
    preBinds: at('preBind'),
    preempts: plugins.postFilter.some(({ name }) => name === 'DefaultPreemption'),
    preemption: written.arguments.defaultPreemption ?? {},
    filters,
    placementRejectors: rejectorsOf(filters, ({ helpedByPlacement }) => helpedByPlacement !== undefined),
    nodeDeletionRejectors: rejectorsOf(filters, ({ helpedByNodeDeletion }) => helpedByNodeDeletion !== undefined),
    deviceRejectors: rejectorsOf(filters, ({ helpedByDevices }) => helpedByDevices !== undefined),
    scores: plugins.score.flatMap(({ name, weight }) => {
      const { score } = instanceOf(name);
      return score === undefined ? [] : [{ number: numberOf(name), weight, score }];
    }),
    signing: signingOf(plugins, written.arguments),
  };
}

function signingOf(
  plugins: PluginsByPoint,
  { podTopologySpread, interPodAffinity }: PluginArguments,
): Profile['signing'] {
  const has = (plugin: PluginName) => [...plugins.filter, ...plugins.score].some(({ name }) => name === plugin);
  if (has('PodTopologySpread') && podTopologySpread.constraints.length > 0) return undefined;
  return { labels: has('InterPodAffinity') && !interPodAffinity.ignorePreferredTermsOfExistingPods };
}

function rejectorsOf(filters: readonly ProfileFilter[], has: (filter: FilterPlugin) => boolean): number {
  let bits = 0;
  for (const { number, filter } of filters) if (has(filter)) bits |= 1 << number;
  return bits;
}

function create(name: string, context: PluginContext): Plugin {
  const definition = findPlugin(name);
  if (definition === undefined) throw new RangeError(`there is no scheduler plugin "${name}"`);
  return definition.create?.(context) ?? {};
}

function numberOf(name: string): number {
  return pluginNames.indexOf(name as PluginName);
}

/** The model orders and binds by one plugin each; upstream too refuses a profile without any. */
function requireOne(
  { schedulerName, plugins }: SchedulerProfile,
  point: 'queueSort' | 'bind',
  plugin: PluginName,
): void {
  if (plugins[point].some(({ name }) => name === plugin)) return;
  throw new RangeError(`profile ${schedulerName} has no ${point} plugin: it needs ${plugin}`);
}

/** What the gate GangScheduling does to a profile: the plugin acts at its points, last. */
function withGangs(plugins: PluginsByPoint): PluginsByPoint {
  const entry = { name: 'GangScheduling', weight: 1 };
  const add = (known: readonly EnabledPlugin[]) =>
    known.some(({ name }) => name === entry.name) ? known : [...known, entry];
  return { ...plugins, preEnqueue: add(plugins.preEnqueue), permit: add(plugins.permit) };
}

/** Whether any of these profiles schedules gangs. */
export function schedulesGangs(
  { profiles }: SchedulerConfiguration,
  { gangScheduling }: ValuesOf<typeof kubeSchedulerParameters>,
): boolean {
  return gangScheduling || profiles.some(({ plugins }) => plugins.permit.some(({ name }) => name === 'GangScheduling'));
}
