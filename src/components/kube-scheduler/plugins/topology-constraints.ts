/** The topology spread constraints of a pod as they stand for it. K:pkg/scheduler/framework/plugins/podtopologyspread/common.go. */
import {
  LABEL_HOSTNAME,
  LABEL_ZONE,
  type LabelSelector,
  selectorFromLabels,
  type TopologySpreadConstraint,
} from '../../../cluster/index.ts';
import type { DefaultConstraints } from '../configuration.ts';
import { LABEL_TEMPLATE_HASH, type PodRequirements } from '../pod-requirements.ts';
import { requirementsOf } from '../topology/affinity-term.ts';
import type { ServiceSelectors } from '../topology/service-selectors.ts';

/** Largest differences that the system's constraints do not mind: between nodes, and between zones (podtopologyspread/plugin.go). */
const SYSTEM_HOSTNAME_SKEW = 3;
const SYSTEM_ZONE_SKEW = 5;

function systemConstraint(topologyKey: string, maxSkew: number): TopologySpreadConstraint {
  return {
    maxSkew,
    topologyKey,
    whenUnsatisfiable: 'ScheduleAnyway',
    minDomains: 1,
    nodeAffinityPolicy: 'Honor',
    nodeTaintsPolicy: 'Ignore',
    matchLabelKeys: [],
  };
}

/** The constraints of the system: prefer to spread over nodes and zones. */
export const systemDefaultConstraints: DefaultConstraints = {
  isSystem: true,
  constraints: [systemConstraint(LABEL_HOSTNAME, SYSTEM_HOSTNAME_SKEW), systemConstraint(LABEL_ZONE, SYSTEM_ZONE_SKEW)],
};

/** A constraint of one pod, with the selector that counts. */
export interface SpreadConstraint extends Omit<TopologySpreadConstraint, 'selector' | 'matchLabelKeys'> {
  /** Undefined counts no pod. */
  readonly selector: LabelSelector | undefined;
}

/** Constraints of a pod that must, or should, be kept. */
export interface SpreadConstraints {
  readonly constraints: readonly SpreadConstraint[];
  /** Whether nodes that lack one of the labels are left out. */
  readonly requiresAllKeys: boolean;
}

/** The constraints of one kind that a pod has: its own, or else the default ones if a Service or a ReplicaSet selects it. */
export function spreadConstraintsOf(
  pod: PodRequirements,
  action: TopologySpreadConstraint['whenUnsatisfiable'],
  defaults: DefaultConstraints,
  services: ServiceSelectors,
): SpreadConstraints {
  const own = pod.template.topologySpread ?? [];
  const requiresAllKeys = own.length > 0 || !defaults.isSystem;
  const written = own.length > 0 ? own : defaults.constraints;
  const ofAction = written.filter(({ whenUnsatisfiable }) => whenUnsatisfiable === action);
  if (own.length > 0)
    return { requiresAllKeys, constraints: ofAction.map((constraint) => ownConstraint(constraint, pod)) };
  const selector = ofAction.length > 0 ? defaultSelector(pod, services) : [];
  // An empty selector means that nothing selects the pod: it has no like ones to be kept apart from.
  if (selector.length === 0) return { requiresAllKeys, constraints: [] };
  return { requiresAllKeys, constraints: ofAction.map((constraint) => ({ ...constraint, selector })) };
}

function ownConstraint(constraint: TopologySpreadConstraint, { labels }: PodRequirements): SpreadConstraint {
  const { selector, matchLabelKeys } = constraint;
  const same = requirementsOf(matchLabelKeys, labels, 'In');
  return { ...constraint, selector: selector === undefined ? undefined : [...same, ...selector] };
}

/** helper/spread.go:DefaultSelector: what the Services of the pod select, and its ReplicaSet. */
function defaultSelector(
  { namespace, labels, controller }: PodRequirements,
  services: ServiceSelectors,
): LabelSelector {
  const ofServices = selectorFromLabels(services.labelsFor(namespace, labels));
  if (controller === undefined) return ofServices;
  const hash = controller.ofDeployment ? requirementsOf([LABEL_TEMPLATE_HASH], labels, 'In') : [];
  return [...ofServices, ...controller.selector, ...hash];
}
