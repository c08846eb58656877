/**
 * The CPU of one process that may run on one of several hosts: where its leader is. Its work shares the cores of that host with all others there.
 * What it had begun on a host before it moved is done there.
 */
import { type Nanoseconds, nanoseconds } from '../../units/index.ts';
import type { Host, WorkDone } from './host.ts';

/** A process on the host of its leading instance. */
export class ProcessCpu {
  /** Name of the process on its hosts: owners of one name share its threads. */
  readonly name: string;
  /** By instance; an instance beyond the last runs on the first again, and so on. */
  private readonly hosts: readonly Host[];
  /** Number of each owner on each host: [owner][host]. */
  private readonly owners: (readonly number[])[] = [];
  /** Position of the host that it runs on, state. */
  private at = 0;
  /** CPU that it has taken or is about to take [ns], statistic. */
  private taken = 0;

  constructor(name: string, hosts: readonly Host[]) {
    this.name = name;
    this.hosts = hosts;
  }

  /** The host that it runs on. */
  get host(): Host {
    return this.hosts[this.at] as Host;
  }

  /** CPU that it has taken, on all hosts together; work counts when it is given [ns]. */
  get nanoseconds(): number {
    return this.taken;
  }

  /** The instance of this number runs from now on, on its host. */
  runAs(instance: number): void {
    this.at = instance % this.hosts.length;
  }

  /** Registers an owner of work; its number goes into {@link run}. */
  register(done: WorkDone): number {
    this.owners.push(this.hosts.map((host) => host.register(done, this.name)));
    return this.owners.length - 1;
  }

  /** Runs work and then tells its owner. `tag` is below 2^24. */
  run(owner: number, work: number, tag: number): void {
    const own = (this.owners[owner] as readonly number[])[this.at] as number;
    this.taken += this.host.run(own, nanoseconds(work), tag);
  }

  /** Work that nobody waits for, in small parts. */
  charge(work: Nanoseconds): void {
    this.taken += work;
    this.host.charge(work);
  }

  /** Work of one further thread that nobody waits for. */
  chargeThread(work: number): void {
    this.taken += work;
    this.host.chargeThread(work);
  }
}
