/** Reservations on their way to workers: what is sent, what arrives together, and what goes on elsewhere because the worker is not the right one. */
import type { EventType } from '../../../engine/index.ts';
import type { Nanoseconds } from '../../../units/index.ts';
import type { Job } from '../job.ts';
import type { ArchitectureContext } from './scheduling-architecture.ts';
import type { WorkerQueues } from './worker-queues.ts';

/** Reservations of one job that travel together. */
interface Message {
  readonly job: Job;
  readonly nodes: readonly number[];
  /** Whether tasks are bound to these nodes. */
  readonly isBound: boolean;
  /** How often these reservations were turned away so far. */
  readonly round: number;
}

/** Where a reservation goes instead, if the worker that it reaches turns it away; the same node if it stays. */
export type Reroute = (job: Job, node: number, round: number) => number;

/** Sends reservations to the queues of workers. */
export class Probes {
  private readonly context: ArchitectureContext;
  private readonly queues: WorkerQueues;
  private readonly delay: Nanoseconds;
  private readonly reroute: Reroute;
  /** Messages on their way by number, and numbers that are free, state. */
  private readonly messages: (Message | undefined)[] = [];
  private readonly freeNumbers: number[] = [];
  private readonly evArrive: EventType;

  constructor(context: ArchitectureContext, queues: WorkerQueues, delay: Nanoseconds, reroute: Reroute) {
    this.context = context;
    this.queues = queues;
    this.delay = delay;
    this.reroute = reroute;
    this.evArrive = context.simulation.on(`cell scheduler ${context.name}: reservations arrive`, (number) =>
      this.onArrive(number),
    );
  }

  /** Sends reservations; they arrive after `trips` ways through the network. The array is kept. */
  send(job: Job, nodes: readonly number[], isBound: boolean, trips = 1, round = 0): void {
    this.context.statistics.happened('probe', nodes.length);
    const message = { job, nodes, isBound, round };
    if (this.delay === 0) {
      this.arrive(message);
      return;
    }
    const number = this.freeNumbers.pop() ?? this.messages.length;
    this.messages[number] = message;
    this.context.simulation.after((trips * this.delay) as Nanoseconds, this.evArrive, number);
  }

  private onArrive(number: number): void {
    const message = this.messages[number] as Message;
    this.messages[number] = undefined;
    this.freeNumbers.push(number);
    this.arrive(message);
  }

  private arrive({ job, nodes, isBound, round }: Message): void {
    const elsewhere: number[] = [];
    for (const node of nodes) {
      const goal = this.reroute(job, node, round);
      if (goal === node) this.queues.push(node, job, isBound);
      else if (goal >= 0) elsewhere.push(goal);
    }
    // All are queued before the first starts something, as they are on their way at once.
    for (const node of nodes) this.queues.proceed(node);
    if (elsewhere.length > 0) this.send(job, elsewhere, isBound, 2, round + 1);
  }
}
