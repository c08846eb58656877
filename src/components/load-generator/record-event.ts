/**
 * The pattern of a chatty component: it records an event about one of many objects through client-go's recorder, with its correlation, its
 * spam filter and its queue, which drops what is too much. An event that was dropped is an operation that failed.
 */
import type { EventReason } from '../../cluster/index.ts';
import type { EventRecorder } from '../client-go/index.ts';
import type { Caller, LoadPattern } from './caller.ts';
import { OperationResult } from './load-statistics.ts';
import type { Population } from './population.ts';

/** An event that a component with a failing container writes. */
const REASON: EventReason = 'BackOff';

/** Records an event each time. */
export class RecordEvent implements LoadPattern {
  private readonly population: Population;
  /** Recorder of each caller's client. */
  private readonly recorders: ReadonlyMap<number, EventRecorder>;

  /** `recorders`: by the number of the client that they write with. */
  constructor(population: Population, recorders: ReadonlyMap<number, EventRecorder>) {
    this.population = population;
    this.recorders = recorders;
  }

  // biome-ignore lint/correctness/useYield: recording never waits; the recorder writes in the background.
  *perform(caller: Caller): Generator<number, number, number> {
    caller.attempts = 1;
    const recorder = this.recorders.get(caller.client.index) as EventRecorder;
    const { dropped } = recorder;
    recorder.record(REASON, this.population.kind, this.population.any(caller.load.random));
    return recorder.dropped > dropped ? OperationResult.Failed : OperationResult.Ok;
  }
}
