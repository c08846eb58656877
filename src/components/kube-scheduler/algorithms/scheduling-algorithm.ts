/** What a scheduling algorithm is: it chooses a node for a pod. When it runs, how long it takes and what follows is the scheduler's part. */
import type { RandomStream, ValuesOf } from '../../../engine/index.ts';
import type { SchedulerConfiguration } from '../configuration.ts';
import type { kubeSchedulerParameters } from '../kube-scheduler.parameters.ts';
import type { NodeColumns } from '../node-columns.ts';
import { pluginNames } from '../plugins/index.ts';
import type { PodRequirements } from '../pod-requirements.ts';
import type { Profile } from '../profile.ts';

/** No node. */
export const NO_NODE = -1;

/** What an algorithm decided on one pod, and what it did for that; filled anew for every pod. */
export class Decision {
  /** Slot of the chosen node, {@link NO_NODE} if none fits. */
  node = NO_NODE;
  /** Nodes on which the filters ran. */
  examined = 0;
  /** Nodes found feasible. */
  feasible = 0;
  /** Nodes that were rated; 0 where there was nothing to choose from. */
  scored = 0;
  /** Plugins that rejected a node, as bits by plugin number. */
  rejectors = 0;
  /** Nodes that each plugin rejected, by plugin number. Complete only if none is feasible. */
  readonly rejected = new Int32Array(pluginNames.length);

  /** Back to nothing decided. */
  reset(): void {
    this.node = NO_NODE;
    this.examined = 0;
    this.feasible = 0;
    this.scored = 0;
    this.rejectors = 0;
    this.rejected.fill(0);
  }
}

/** What an algorithm is made with. */
export interface AlgorithmContext {
  readonly nodes: NodeColumns;
  readonly parameters: ValuesOf<typeof kubeSchedulerParameters>;
  /** Random numbers by which it breaks ties. */
  readonly tieBreak: RandomStream;
}

/** An algorithm at work. It may keep state of its own from pod to pod. */
export interface SchedulingAlgorithm {
  /** Chooses a node for a pod of a profile from what the columns say now. `decision` comes reset. */
  decide(pod: PodRequirements, profile: Profile, decision: Decision): void;
}

/** A setting of an algorithm: one of several words. */
export interface AlgorithmSetting {
  readonly help: string;
  readonly choices: readonly string[];
}

/** Settings of one scheduler as a scenario writes them. */
export type AlgorithmSettings = Readonly<Record<string, string | number | boolean>>;

/** What the registry holds of each algorithm. */
export interface AlgorithmDefinition {
  readonly help: string;
  readonly settings: Readonly<Record<string, AlgorithmSetting>>;
  /** What its settings, known to be valid, make of a configuration. */
  readonly configure: (configuration: SchedulerConfiguration, settings: AlgorithmSettings) => SchedulerConfiguration;
  readonly create: (context: AlgorithmContext) => SchedulingAlgorithm;
}
