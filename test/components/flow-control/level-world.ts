/** One level with requests that take a given time each: what tests of fair queuing drive. */
import type { RequestId } from '../../../src/components/api-machinery/index.ts';
import { FlowRequests } from '../../../src/components/kube-apiserver/flow-control/flow-requests.ts';
import { Hands } from '../../../src/components/kube-apiserver/flow-control/hands.ts';
import { QueueSet, Verdict } from '../../../src/components/kube-apiserver/flow-control/queue-set.ts';
import type { PriorityLevel } from '../../../src/components/kube-apiserver/index.ts';
import { type EventType, Simulation } from '../../../src/engine/index.ts';
import { nanoseconds, simTime } from '../../../src/units/index.ts';

/** A request of a test. */
export interface Job {
  /** When it arrives [ns]. */
  readonly at: number;
  /** Queues dealt to its flow. */
  readonly hand: readonly number[];
  /** How long it executes [ns]. */
  readonly took: number;
  readonly seats?: number;
  readonly finalSeats?: number;
  readonly extraLatency?: number;
}

/** What became of a request: when it was dispatched, refused or timed out. */
export interface Fate {
  readonly what: 'dispatched' | 'refused' | 'timed out';
  readonly at: number;
}

/** How a level is set up. */
export interface LevelSettings {
  readonly queues: number;
  readonly limit: number;
  readonly queueLengthLimit: number;
  readonly estimate: number;
  readonly waitLimit: number;
  /** Other limits later on. */
  readonly limits?: readonly { readonly at: number; readonly limit: number }[];
}

export const settings: LevelSettings = {
  queues: 8,
  limit: 4,
  queueLengthLimit: 50,
  estimate: 3e6,
  waitLimit: 15e9,
};

/** Runs jobs through the real queues; returns what became of each. */
export function runJobs(jobs: readonly Job[], level: LevelSettings, until = 1e12): { fates: Fate[]; set: QueueSet } {
  const simulation = new Simulation({ seed: 'level' });
  const columns = new FlowRequests();
  const fates: Fate[] = [];
  const note = (job: number, what: Fate['what']) => {
    fates[job] = { what, at: simulation.now };
  };
  const evFinished: EventType = simulation.on('finished', (job) => set.finish(job as RequestId));
  const execute = (job: number) => {
    note(job, 'dispatched');
    simulation.after(nanoseconds((jobs[job] as Job).took), evFinished, job);
  };
  const evDeadline = simulation.on('deadline', (job) => {
    note(job, 'timed out');
    set.expire(job as RequestId);
  });
  const definition: PriorityLevel = {
    name: 'level',
    exempt: false,
    shares: 1,
    lendablePercent: 0,
    borrowingLimitPercent: null,
    queuing: { queues: level.queues, handSize: 1, queueLengthLimit: level.queueLengthLimit },
  };
  const set = new QueueSet({
    simulation,
    name: 'level',
    level: definition,
    limit: level.limit,
    columns,
    estimatedServiceDuration: nanoseconds(level.estimate),
    waitLimit: () => nanoseconds(level.waitLimit),
    evDeadline,
    dispatched: execute,
  });
  const hands = new Hands(Math.max(...jobs.map(({ hand }) => hand.length)));
  const evArrival = simulation.on('arrival', (job) => {
    const { hand, seats = 1, finalSeats = 0, extraLatency = 0 } = jobs[job] as Job;
    const request = job as RequestId;
    columns.ensure(request);
    columns.initialSeats[request] = seats;
    columns.finalSeats[request] = finalSeats;
    columns.extraLatency[request] = extraLatency;
    const verdict = set.arrive(request, hands, hands.add(hand));
    if (verdict === Verdict.Executing) execute(job);
    else if (verdict === Verdict.Refused) note(job, 'refused');
    set.checkInvariants();
  });
  const evLimit = simulation.on('limit', (limit) => set.setLimit(limit));
  jobs.forEach((job, number) => {
    simulation.at(simTime(job.at), evArrival, number);
  });
  for (const { at, limit } of level.limits ?? []) simulation.at(simTime(at), evLimit, limit);
  simulation.run(simTime(until));
  return { fates, set };
}
