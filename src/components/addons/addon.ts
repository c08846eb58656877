/**
 * What every add-on has in common: how it is declared for the registry, what it is made with, and what the wiring asks of it.
 */
import type { ObjectKey, PodTemplate } from '../../cluster/index.ts';
import type { ParameterSet, ValuesOf } from '../../engine/index.ts';
import type { ClientGo, EventRecorderReplies } from '../client-go/index.ts';
import type { Host } from '../host/host.ts';
import type { PodNetwork } from '../kubelet/index.ts';
import type { NodeAgent } from '../node-agent.ts';

/** A program, or several, that a cluster runs beside Kubernetes itself. */
export interface Addon {
  /** The run begins: what was preloaded is there, and this has long been running. */
  start(): void;
  /** What of it runs on each node; left out = nothing does. */
  readonly agent?: NodeAgent;
  /** Where pods get their addresses from; left out = not from it. */
  readonly podNetwork?: PodNetwork;
}

/** What runs on nodes, as programs on the node itself see it. */
export interface NodePods {
  /** Pods that the node's kubelet has. */
  podsOf(node: ObjectKey): Iterable<ObjectKey>;
  podCount(node: ObjectKey): number;
  /** The same pods with what each was made from. */
  templatesOf(node: ObjectKey): Iterable<readonly [pod: ObjectKey, template: PodTemplate]>;
  /** Whether the node's kubelet runs, and so answers. */
  answers(node: ObjectKey): boolean;
}

/** An API server as a process on a host, for those who ask it for something else than objects. */
export interface ApiServerProcess {
  /** Name of the process on its host. */
  readonly name: string;
  readonly host: Host;
  isUp(): boolean;
}

/** What add-ons are made with. */
export interface AddonSurroundings {
  readonly nodePods: NodePods;
  readonly apiServers: readonly ApiServerProcess[];
  readonly clientGo: ClientGo;
  readonly eventReplies: EventRecorderReplies;
}

/** One add-on of the registry. */
export interface AddonDefinition<
  Parameters extends ParameterSet = ParameterSet,
  Settings extends ParameterSet = ParameterSet,
  Made extends Addon = Addon,
> {
  /** What it is, in one sentence. */
  readonly help: string;
  /** Its parameters, which scenarios give as `<name of the add-on>.<parameter>`. */
  readonly parameters: Parameters;
  /** What `spec.addons.<name>` says of it: how it is deployed. */
  readonly settings: Settings;
  create(around: AddonSurroundings, parameters: ValuesOf<Parameters>, settings: ValuesOf<Settings>): Made;
}

/** Declares an add-on; the identity function that keeps its types. */
export function defineAddon<Parameters extends ParameterSet, Settings extends ParameterSet, Made extends Addon>(
  definition: AddonDefinition<Parameters, Settings, Made>,
): AddonDefinition<Parameters, Settings, Made> {
  return definition;
}

/** Who programs of the namespace kube-system are to the API servers. */
export function kubeSystemUser(name: string): { readonly user: string; readonly groups: readonly string[] } {
  return {
    user: `system:serviceaccount:kube-system:${name}`,
    groups: ['system:serviceaccounts', 'system:serviceaccounts:kube-system', 'system:authenticated'],
  };
}
