/** The instances of one scheduler, elected or all at work, and the hosts that they run on. */

import type { Timeline } from '../metrics/index.ts';
import { ActiveComponent } from './active-component.ts';
import { ElectedComponent, type ReplicatedComponent } from './elected-component.ts';
import type { Host } from './host/host.ts';
import { ProcessCpu } from './host/process-cpu.ts';
import {
  type AlgorithmName,
  type AlgorithmSettings,
  KubeScheduler,
  type KubeSchedulerOptions,
  processName,
  type SchedulerConfiguration,
} from './kube-scheduler/index.ts';
import type { ModelParameters } from './parameters.ts';

/** A scheduler of the cluster. */
export interface SchedulerOptions {
  readonly name: string;
  /** The algorithm of kube-scheduler if left out. */
  readonly algorithm?: AlgorithmName;
  /** Settings of the algorithm that are given; their defaults stand in for the others. */
  readonly settings?: AlgorithmSettings;
  readonly configuration?: SchedulerConfiguration;
  /** Instances; as many as the parameter says if left out. */
  readonly replicas?: number;
}

/** What a scheduler finds around it. */
export interface SchedulerSurroundings
  extends Pick<KubeSchedulerOptions, 'clientGo' | 'reflectorReplies' | 'eventRecorderReplies' | 'explanation'> {
  readonly timeline: Timeline;
  readonly parameters: ModelParameters;
  /** API servers. */
  readonly servers: number;
  /** Hosts of the control plane: those of the API servers first. */
  readonly controlPlane: readonly Host[];
  readonly newHost: (name: string) => Host;
}

/** The instances of one scheduler: one works, or all do. */
export function replicateScheduler(options: SchedulerOptions, around: SchedulerSurroundings): ReplicatedComponent {
  const parameters = around.parameters.kubeScheduler;
  const instances = options.replicas ?? (parameters.instances || around.servers);
  const hosts = hostsOf(options.name, instances, around);
  const processOf = (instance: number) => new ProcessCpu(processName({ name: options.name, instance }), hosts);
  const { clientGo, timeline } = around;
  if (options.configuration?.leaderElect === false) {
    const processes = Array.from(
      { length: instances },
      (_, instance) => new KubeScheduler({ ...around, ...options, cpu: processOf(instance), parameters, instance }),
    );
    const { name } = processes[0] as KubeScheduler;
    return new ActiveComponent({ clientGo, timeline, name, processes });
  }
  const scheduler = new KubeScheduler({ ...around, ...options, cpu: processOf(0), parameters });
  return new ElectedComponent({
    clientGo,
    timeline,
    name: scheduler.name,
    client: {
      user: 'system:kube-scheduler',
      groups: ['system:authenticated'],
      qps: options.configuration?.clientQps ?? parameters.clientQps,
      burst: options.configuration?.clientBurst ?? parameters.clientBurst,
    },
    instances,
    releaseOnCancel: true,
    // A scheduler that was stopped has forgotten everything: the next leader's process starts from there.
    newProcess: () => scheduler,
  });
}

/** Instance i runs on control-plane host i, or on a host of its own. */
function hostsOf(
  name: string,
  instances: number,
  { parameters, controlPlane, servers, newHost }: SchedulerSurroundings,
): readonly Host[] {
  if (parameters.host.stackedScheduler || instances === 0) return controlPlane.slice(0, servers);
  return Array.from({ length: instances }, (_, i) => newHost(`host ${i} of ${processName({ name })}`));
}
