/** The machines of the control plane: which processes share one, and what is recorded of each. */
import type { Simulation } from '../engine/index.ts';
import { type MetricRecorder, publishServer } from '../metrics/index.ts';
import { Host } from './host/host.ts';
import type { ModelParameters } from './parameters.ts';

/** All machines of one control plane. */
export class ControlPlaneMachines {
  /** In the order in which they were added: those of API servers come first. */
  readonly hosts: Host[] = [];
  private readonly simulation: Simulation;
  private readonly parameters: ModelParameters;

  constructor(simulation: Simulation, parameters: ModelParameters) {
    this.simulation = simulation;
    this.parameters = parameters;
  }

  /** A further machine. */
  add(name: string): Host {
    const { host } = this.parameters;
    const made = new Host(this.simulation, name, host.controlPlaneCores, host);
    this.hosts.push(made);
    return made;
  }

  /** The first machines: API server i runs on control-plane host i; etcd member i there too if stacked, else on a host of its own. */
  place(): { readonly servers: readonly Host[]; readonly members: readonly Host[] } {
    const { host, kubeApiserver, etcd } = this.parameters;
    const count = Math.max(kubeApiserver.replicas, host.stackedEtcd ? etcd.members : 0);
    const controlPlane = Array.from({ length: count }, (_, i) => this.add(`control-plane host ${i}`));
    const members = host.stackedEtcd
      ? controlPlane.slice(0, etcd.members)
      : Array.from({ length: etcd.members }, (_, i) => this.add(`etcd host ${i}`));
    return { servers: controlPlane.slice(0, kubeApiserver.replicas), members };
  }

  /** Records how busy each is. */
  publish(recorder: MetricRecorder): void {
    for (const host of this.hosts) {
      publishServer(recorder, this.simulation, `${host.name} CPU`, () => ({
        busyNanoseconds: host.busyCoreNanoseconds(),
        capacity: host.cores,
        queueLength: Math.max(0, host.jobs - host.cores),
      }));
    }
  }
}
