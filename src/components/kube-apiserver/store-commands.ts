/**
 * Requests of an API server to etcd on its own account: compactions and leases. They take the way of all requests, one hop there and one back, and
 * are given up when no answer has come in time. What was asked by a process that has ended is answered to nobody.
 */
import type { EventType, RandomStream } from '../../engine/index.ts';
import { nanoseconds } from '../../units/index.ts';
import { type Command, StoreOutcome } from '../etcd/index.ts';
import type { ApiServerSurroundings } from './surroundings.ts';

/** A command that is on its way. */
interface Pending {
  readonly command: Command;
  readonly answered: (outcome: number) => void;
}

/** The commands of one API server. */
export class StoreCommands {
  private readonly around: ApiServerSurroundings;
  private readonly delays: RandomStream;
  private readonly evArrived: EventType;
  private readonly evAnswered: EventType;
  private readonly evGivenUp: EventType;
  /** Commands that are not answered, by number, state. */
  private readonly pending = new Map<number, Pending>();
  private lastNumber = 0;

  constructor(around: ApiServerSurroundings, name: string) {
    const { simulation } = around;
    this.around = around;
    this.delays = simulation.streams.stream(`${name} store commands`);
    this.evArrived = simulation.on(`${name}: store command arrived`, (number) => this.onArrived(number));
    this.evAnswered = simulation.on(`${name}: store command answered`, (number, outcome) => this.end(number, outcome));
    this.evGivenUp = simulation.on(`${name}: store command given up`, (number) =>
      this.end(number, StoreOutcome.Unavailable),
    );
  }

  /** Sends a command; `answered` is called with its outcome, whose details are in the command. */
  send(command: Command, answered: (outcome: number) => void): void {
    const { simulation, parameters } = this.around;
    this.lastNumber++;
    this.pending.set(this.lastNumber, { command, answered });
    simulation.after(this.hop(), this.evArrived, this.lastNumber);
    simulation.after(parameters.storeCommandTimeout, this.evGivenUp, this.lastNumber);
  }

  /** The process has ended: nobody waits for answers. */
  forget(): void {
    this.pending.clear();
  }

  private onArrived(number: number): void {
    const pending = this.pending.get(number);
    if (pending === undefined) return;
    this.around.store.command(pending.command, (outcome) => {
      this.around.simulation.after(this.hop(), this.evAnswered, number, outcome);
    });
  }

  private end(number: number, outcome: number): void {
    const pending = this.pending.get(number);
    if (pending === undefined) return;
    this.pending.delete(number);
    pending.answered(outcome);
  }

  private hop() {
    const { network } = this.around;
    return nanoseconds(Math.max(network.minimumDelay, network.controlPlaneDelay.sample(this.delays)));
  }
}
