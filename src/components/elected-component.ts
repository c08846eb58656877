/**
 * A component of which several instances run and one works: kube-scheduler, kube-controller-manager. The instances are candidates for one lease;
 * the component's process is that of the leader. An instance that loses the lease ends, and comes back as a candidate after its back-off.
 * Simplification: an instance that does not lead is a candidate and nothing else. Upstream a waiting kube-scheduler keeps its caches filled already, so
 * that a real one takes over sooner, and its watches cost the API server all the time.
 */
import type { EventType, Simulation } from '../engine/index.ts';
import type { GaugeSeries, Timeline } from '../metrics/index.ts';
import type { Nanoseconds } from '../units/index.ts';
import { type ApiClientOptions, type ClientGo, LeaderElector } from './client-go/index.ts';
import type { Preload } from './preload.ts';

/** A process that does the component's work. */
export interface ElectableProcess {
  /** `preloaded`: it has been running for long. `instance`: which of the instances it is. */
  start(options: { readonly preloaded: boolean; readonly instance: number }): void;
  stop(): void;
}

/** A component of which several instances run, whether one of them works or all do. */
export interface ReplicatedComponent {
  readonly name: string;
  /** Before the run: what of it is in the store then. */
  preload(preload: Preload): void;
  /** All instances start. */
  start(): void;
  /**
   * Fault: the process of an instance ends and starts again after `duration` (its back-off if left out); of the leader, or of the first one that runs
   * where there is none. `graceful`: it is told to end and may give its lease back. False, and nothing happens, if there is no such instance.
   */
  crash(chosen: number | 'leader', graceful: boolean, duration?: Nanoseconds): boolean;
}

/** What a component is made from. */
export interface ElectedComponentOptions {
  readonly clientGo: ClientGo;
  /** Told who leads from when on. */
  readonly timeline: Timeline;
  /** Name of the component, and of its lease in kube-system. */
  readonly name: string;
  /** How its candidates talk to the API server. */
  readonly client: Pick<ApiClientOptions, 'user' | 'groups' | 'qps' | 'burst'>;
  /** How many run; 0 = the cluster does without the component. */
  readonly instances: number;
  /** Whether a leader that is told to end gives the lease back. */
  readonly releaseOnCancel: boolean;
  /** The process of a new leader. */
  newProcess(): ElectableProcess;
}

/** Namespace of the leases of control-plane components. */
const LEASE_NAMESPACE = 'kube-system';
/** No instance leads. */
const NOBODY = -1;

/** The instances of one component. */
export class ElectedComponent implements ReplicatedComponent {
  readonly name: string;
  private readonly clientGo: ClientGo;
  private readonly simulation: Simulation;
  private readonly options: ElectedComponentOptions;
  private readonly electors: readonly LeaderElector[];
  /** leader_election_master_status by instance. */
  private readonly status: readonly GaugeSeries[];
  private readonly evRestart: EventType;
  /** Whether an instance's process has ended and has not started again, by instance, state. */
  private readonly isAway: boolean[];
  /** Who starts the process of an instance again, by instance, state. */
  private readonly supervisors: (() => void)[] = [];
  /** Revision of the preloaded lease. */
  private leaseRevision = 0;
  /** The process of the leader, state; the next leader's is made when it leads. */
  private process: ElectableProcess | undefined;
  /** Instance that leads, state. */
  private leader = NOBODY;

  constructor(options: ElectedComponentOptions) {
    const { clientGo, name, instances } = options;
    const { simulation, recorder } = clientGo;
    this.name = name;
    this.clientGo = clientGo;
    this.simulation = simulation;
    this.options = options;
    this.process = options.newProcess();
    this.electors = Array.from({ length: instances }, (_, instance) => this.newElector(instance));
    this.status = this.electors.map((_, instance) =>
      recorder.gauge('leader_election_master_status', { name, instance: String(instance) }),
    );
    this.isAway = this.electors.map(() => false);
    this.evRestart = simulation.on(`${name}: instance starts again`, (instance) => this.onRestart(instance));
    simulation.addInvariantCheck(name, () => this.checkInvariants());
  }

  // ---- ports -------------------------------------------------------------------------------------------------------------------

  /** Before the run: instance 0 has led for long, and holds the lease. */
  preload(preload: Preload): void {
    if (this.electors.length === 0) return;
    this.leaseRevision = preload.electionLease(LEASE_NAMESPACE, this.leaseName, 0);
  }

  /** All instances start; the one that holds the preloaded lease works. */
  start(): void {
    if (this.electors.length === 0) return;
    this.electors.forEach((elector, instance) => {
      if (instance === 0) elector.startLeading(this.leaseRevision);
      else elector.start();
    });
    this.lead(0, true);
  }

  /**
   * Fault: the process of an instance ends, of the leader if none is named, and starts again after `duration` (its back-off if left out).
   * `graceful`: it is told to end and may give its lease back. False, and nothing happens, if there is none.
   */
  crash(chosen: number | 'leader', graceful: boolean, duration?: Nanoseconds): boolean {
    const instance = chosen === 'leader' ? this.leader : chosen;
    const elector = this.electors[instance];
    if (elector === undefined || this.isAway[instance]) return false;
    if (graceful) elector.cancel();
    else elector.kill();
    this.stopLeading(instance);
    this.startAgain(instance, duration);
    return true;
  }

  /** How many instances there are. */
  get instances(): number {
    return this.electors.length;
  }

  /** From now on somebody else starts the process of an instance again where no duration is given; `ended` is told of each end. */
  supervise(instance: number, ended: () => void): void {
    this.supervisors[instance] = ended;
  }

  /** The process of an instance is killed, and nobody is told: its supervisor knows. */
  killProcess(instance: number): void {
    const elector = this.electors[instance];
    if (elector === undefined || this.isAway[instance]) return;
    elector.kill();
    this.stopLeading(instance);
    this.isAway[instance] = true;
  }

  /** The process of an instance is started by whoever supervises it. */
  startProcess(instance: number): void {
    if (this.electors[instance] !== undefined) this.onRestart(instance);
  }

  /** At most one instance believes to lead. */
  checkInvariants(): void {
    const simulation: Simulation = this.simulation;
    const leaders = this.electors.filter(({ isLeader }) => isLeader).length;
    simulation.invariant(leaders <= 1, this.name, `${leaders} instances lead at once`);
  }

  // ---- what the election decides -------------------------------------------------------------------------------------------------

  private lead(instance: number, preloaded: boolean): void {
    this.leader = instance;
    (this.status[instance] as GaugeSeries).set(1);
    this.process ??= this.options.newProcess();
    this.clientGo.connections.processStarted(this.name, instance);
    this.process.start({ preloaded, instance });
    if (!preloaded) this.options.timeline.record(this.name, `instance ${instance} leads`);
  }

  private onLost(instance: number): void {
    this.stopLeading(instance);
    this.startAgain(instance);
  }

  private stopLeading(instance: number): void {
    if (this.leader !== instance) return;
    this.leader = NOBODY;
    (this.status[instance] as GaugeSeries).set(0);
    this.process?.stop();
    this.process = undefined;
    this.options.timeline.record(this.name, `instance ${instance} leads no more`);
  }

  private startAgain(instance: number, duration?: Nanoseconds): void {
    this.isAway[instance] = true;
    const supervisor = duration === undefined ? this.supervisors[instance] : undefined;
    if (supervisor !== undefined) supervisor();
    else this.simulation.after(duration ?? this.clientGo.parameters.leaderProcessRestart, this.evRestart, instance);
  }

  private onRestart(instance: number): void {
    if (!this.isAway[instance]) return;
    this.isAway[instance] = false;
    (this.electors[instance] as LeaderElector).start();
  }

  /** Several schedulers of one cluster have a lease each. */
  private get leaseName(): string {
    return this.name.replaceAll(' ', '-');
  }

  private newElector(instance: number): LeaderElector {
    const { clientGo, options, simulation } = this;
    const client = clientGo.newClient({
      name: `${this.name} leader election`,
      onNode: false,
      host: instance,
      ...options.client,
    });
    return new LeaderElector(clientGo, {
      client,
      lease: clientGo.tables.keysOf('leases').intern(LEASE_NAMESPACE, this.leaseName),
      identity: instance,
      releaseOnCancel: options.releaseOnCancel,
      jitter: simulation.streams.keyed(`leaderElection.${this.name}`),
      onStartedLeading: () => this.lead(instance, false),
      onStoppedLeading: () => this.onLost(instance),
    });
  }
}
