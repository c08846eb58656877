/**
 * A component of which several instances run and all of them work, without a lease: kube-scheduler with leaderElection.leaderElect: false. Each
 * is a process with caches, queue and clients of its own; nothing keeps two of them from the same work but the API server's answers.
 */
import type { EventType, Simulation } from '../engine/index.ts';
import type { Timeline } from '../metrics/index.ts';
import type { Nanoseconds } from '../units/index.ts';
import type { ClientGo } from './client-go/index.ts';
import type { ElectableProcess, ReplicatedComponent } from './elected-component.ts';

/** What a component is made from. */
export interface ActiveComponentOptions {
  readonly clientGo: ClientGo;
  /** Told which instance ends, and when it runs again. */
  readonly timeline: Timeline;
  readonly name: string;
  /** The process of each instance. One that has ended has forgotten everything and may be started again. */
  readonly processes: readonly (ElectableProcess & { readonly name: string })[];
}

/** The instances of one component. */
export class ActiveComponent implements ReplicatedComponent {
  readonly name: string;
  private readonly options: ActiveComponentOptions;
  private readonly simulation: Simulation;
  private readonly evRestart: EventType;
  /** Whether an instance's process has ended and has not started again, state. */
  private readonly isAway: boolean[];

  constructor(options: ActiveComponentOptions) {
    this.name = options.name;
    this.options = options;
    this.simulation = options.clientGo.simulation;
    this.isAway = options.processes.map(() => false);
    this.evRestart = this.simulation.on(`${options.name}: instance starts again`, (instance) =>
      this.onRestart(instance),
    );
  }

  /** Nothing of it is in the store before the run. */
  preload(): void {}

  start(): void {
    this.options.processes.forEach((_, instance) => {
      this.run(instance, true);
    });
  }

  crash(chosen: number | 'leader', _: boolean, duration?: Nanoseconds): boolean {
    const instance = chosen === 'leader' ? this.isAway.indexOf(false) : chosen;
    const crashed = this.options.processes[instance];
    if (crashed === undefined || this.isAway[instance]) return false;
    this.isAway[instance] = true;
    crashed.stop();
    this.options.timeline.record(this.name, `instance ${instance} ends`);
    const { leaderProcessRestart } = this.options.clientGo.parameters;
    this.simulation.after(duration ?? leaderProcessRestart, this.evRestart, instance);
    return true;
  }

  private onRestart(instance: number): void {
    this.isAway[instance] = false;
    this.run(instance, false);
    this.options.timeline.record(this.name, `instance ${instance} runs again`);
  }

  private run(instance: number, preloaded: boolean): void {
    const started = this.options.processes[instance];
    if (started === undefined) return;
    this.options.clientGo.connections.processStarted(started.name, instance);
    started.start({ preloaded, instance });
  }
}
