/**
 * A load: clients outside of the cluster that carry out the same pattern again and again. In the closed loop each client begins its next operation
 * when the last one is over and it has thought; in the open loop whoever paces the load launches one operation at a time, however many are under way.
 * Stands for kube-burner, ClusterLoader2's request modules and k6. Left out: the CPU of the machine that the clients run on, but for `think`.
 */
import { type Distribution, type ProcessId, type RandomStream, SUSPEND } from '../../engine/index.ts';
import { nanoseconds } from '../../units/index.ts';
import type { ApiClient, ClientGo } from '../client-go/index.ts';
import { Caller, type CallersLoad, type LoadPattern } from './caller.ts';
import { LoadStatistics } from './load-statistics.ts';

/** What a load is made from. */
export interface LoadOptions {
  /** Label of its metrics, and name of its random stream. */
  readonly name: string;
  readonly clientGo: ClientGo;
  readonly pattern: LoadPattern;
  /** Connections that its clients share, dealt out in turn. */
  readonly connections: readonly ApiClient[];
  /** Operations after which it ends, Infinity = never by itself. */
  readonly operations: number;
}

/** One load. */
export class LoadGenerator implements CallersLoad {
  readonly clientGo: ClientGo;
  readonly statistics: LoadStatistics;
  readonly random: RandomStream;
  private readonly options: LoadOptions;
  /** Callers of the open loop that are at rest, state. */
  private readonly idle: Caller[] = [];
  /** Callers made so far. */
  private callers = 0;
  /** Operations begun, statistic. */
  private begun = 0;
  /** Operations that are over, statistic: begun = over + under way. */
  private over = 0;
  /** Operations under way, state. */
  private underWay = 0;
  /** Whether it was told to stop, state. */
  private stopped = false;
  /** Processes that wait for the load to be at rest. */
  private readonly waiting: ProcessId[] = [];

  constructor(options: LoadOptions) {
    const { name, clientGo } = options;
    this.options = options;
    this.clientGo = clientGo;
    this.statistics = new LoadStatistics(clientGo.recorder, name);
    this.random = clientGo.simulation.streams.stream(`load ${name}`);
    clientGo.simulation.addInvariantCheck(`load ${name}`, () => this.checkInvariants());
  }

  /** Whether it begins nothing more. */
  get isOver(): boolean {
    return this.stopped || this.begun >= this.options.operations;
  }

  /** Ends it: what is under way is finished, but a refusal is not tried again. */
  stop(): void {
    this.stopped = true;
    this.wakeIfAtRest();
  }

  /** Closed loop: `clients` of them from now on, each with a pause of `think` between its operations. */
  closedLoop(clients: number, think: Distribution): void {
    for (let i = 0; i < clients; i++) {
      this.clientGo.simulation.processes.spawn(`load ${this.options.name}`, this.loop(this.newCaller(), think));
    }
  }

  /** Open loop: begins one operation now. */
  launch(): void {
    if (this.isOver) return;
    const caller = this.idle.pop() ?? this.newCaller();
    this.clientGo.simulation.processes.spawn(`load ${this.options.name}`, this.once(caller));
  }

  /** Waits until it is over and nothing is under way. */
  *settled(): Generator<number, void, number> {
    while (!this.isOver || this.underWay > 0) {
      this.waiting.push(this.clientGo.simulation.processes.current);
      yield SUSPEND;
    }
  }

  private newCaller(): Caller {
    const { connections } = this.options;
    return new Caller(this, connections[this.callers++ % connections.length] as ApiClient);
  }

  private *loop(caller: Caller, think: Distribution): Generator<number, void, number> {
    // Clients that think do not begin in step.
    const phase = nanoseconds(think.sample(this.random) * this.random.next());
    if (phase > 0) yield phase;
    while (!this.isOver) {
      yield* this.operate(caller);
      const pause = think.sample(this.random);
      if (pause > 0 && !this.isOver) yield pause;
    }
    this.wakeIfAtRest();
  }

  private *once(caller: Caller): Generator<number, void, number> {
    yield* this.operate(caller);
    this.idle.push(caller);
    this.wakeIfAtRest();
  }

  private *operate(caller: Caller): Generator<number, void, number> {
    const { simulation } = this.clientGo;
    const began = simulation.now;
    this.begun++;
    this.underWay++;
    const result = yield* this.options.pattern.perform(caller);
    this.underWay--;
    this.over++;
    this.statistics.finished(result, nanoseconds(simulation.now - began), caller.attempts);
  }

  private wakeIfAtRest(): void {
    if (!this.isOver || this.underWay > 0) return;
    for (const process of this.waiting.splice(0)) this.clientGo.simulation.processes.resume(process, 0);
  }

  /** No operation is lost. */
  private checkInvariants(): void {
    const { begun, over, underWay } = this;
    this.clientGo.simulation.invariant(
      begun === over + underWay,
      `load ${this.options.name}`,
      `${begun} operations begun, ${over} over, ${underWay} under way`,
    );
  }
}
