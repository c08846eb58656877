/**
 * A load of name resolutions: pods that resolve names of Services and of the world outside, at a rate or in a closed loop.
 * Which name: Services in equal shares, names outside by Zipf's law (the second half as often as the first, the third a third as often).
 */
import type { ObjectKey } from '../../../cluster/index.ts';
import {
  createDistribution,
  type Distribution,
  type EventType,
  type ProcessId,
  type RandomStream,
  SUSPEND,
} from '../../../engine/index.ts';
import type { CounterSeries, HistogramSeries } from '../../../metrics/index.ts';
import { type Nanoseconds, NS_PER_SECOND, nanoseconds } from '../../../units/index.ts';
import type { ClientGo } from '../../client-go/index.ts';
import type { DnsAsker, DnsQuestion, DnsResolver, DnsResult } from './resolver.ts';

/** What a load asks for, and how fast. */
export interface DnsLoadOptions {
  /** Label of its metrics, and name of its random stream. */
  readonly name: string;
  /** Keys of the Services whose names are resolved. */
  readonly services: readonly ObjectKey[];
  readonly form: number;
  /** Share of the resolutions that are of names outside of the cluster, 0 to 1; without Services all are. */
  readonly externalShare: number;
  /** Names outside that there are. */
  readonly externalNames: number;
  readonly suffixes: number;
  readonly families: number;
  /** Resolutions a second, and whether their gaps are exponential; or so many callers, each of which begins its next when the last is over. */
  readonly pace:
    | { readonly loop: 'open'; readonly rate: number; readonly isPoisson: boolean }
    | { readonly loop: 'closed'; readonly callers: number };
}

/** Kinds of names, as metrics label them. */
const nameKinds = ['service', 'external'] as const;
const results: readonly DnsResult[] = ['answered', 'not_found', 'timed_out', 'refused'];

/** One load. */
export class DnsLoad implements DnsAsker {
  private readonly clientGo: ClientGo;
  private readonly resolver: DnsResolver;
  private readonly options: DnsLoadOptions;
  private readonly draws: RandomStream;
  private readonly serviceQuestions: readonly DnsQuestion[];
  private readonly externalQuestions: readonly DnsQuestion[];
  /** Share of names outside up to and including each, ascending. */
  private readonly popularity: Float64Array;
  private readonly gap: Distribution;
  private readonly evLaunch: EventType;
  /** By kind of name. */
  private readonly durations: readonly HistogramSeries[];
  private readonly counts: readonly Readonly<Record<DnsResult, CounterSeries>>[];
  /** Resolutions under way, state. */
  private underWay = 0;
  private stopped = false;
  private readonly waiting: ProcessId[] = [];

  constructor(clientGo: ClientGo, resolver: DnsResolver, options: DnsLoadOptions) {
    const { simulation, recorder } = clientGo;
    const { name, services, form, suffixes, families, externalNames, pace } = options;
    this.clientGo = clientGo;
    this.resolver = resolver;
    this.options = options;
    this.draws = simulation.streams.stream(`dns load ${name}`);
    const question = (service: number, external: number): DnsQuestion => ({
      service: service as ObjectKey,
      external,
      form,
      suffixes,
      families,
    });
    this.serviceQuestions = services.map((service) => question(service, 0));
    this.externalQuestions = Array.from({ length: externalNames }, (_, external) => question(-1, external));
    this.popularity = zipf(externalNames);
    const mean = pace.loop === 'open' ? NS_PER_SECOND / pace.rate : 0;
    this.gap = createDistribution(
      pace.loop === 'open' && pace.isPoisson
        ? { distribution: 'exponential', mean }
        : { distribution: 'constant', value: mean },
    );
    this.evLaunch = simulation.on(`dns load ${name}: next`, () => this.next());
    this.durations = nameKinds.map((kind) =>
      recorder.histogram('plimsoll_dns_resolution_duration_seconds', { load: name, name: kind }),
    );
    this.counts = nameKinds.map(
      (kind) =>
        Object.fromEntries(
          results.map((result) => [
            result,
            recorder.counter('plimsoll_dns_resolutions_total', { load: name, name: kind, result }),
          ]),
        ) as Record<DnsResult, CounterSeries>,
    );
  }

  /** Begins. */
  start(): void {
    const { pace } = this.options;
    if (pace.loop === 'closed') for (let caller = 0; caller < pace.callers; caller++) this.launch();
    else this.planNext();
  }

  /** Begins nothing more; what is under way goes on. */
  stop(): void {
    this.stopped = true;
    this.wakeIfAtRest();
  }

  /** Waits until it is stopped and nothing is under way. */
  *settled(): Generator<number, void, number> {
    while (!this.stopped || this.underWay > 0) {
      this.waiting.push(this.clientGo.simulation.processes.current);
      yield SUSPEND;
    }
  }

  resolved(kind: number, result: DnsResult, span: Nanoseconds): void {
    this.underWay--;
    (this.counts[kind] as Record<DnsResult, CounterSeries>)[result].add();
    (this.durations[kind] as HistogramSeries).recordSpan(span);
    if (this.options.pace.loop === 'closed' && !this.stopped) this.launch();
    else this.wakeIfAtRest();
  }

  private next(): void {
    if (this.stopped) return;
    this.launch();
    this.planNext();
  }

  private planNext(): void {
    this.clientGo.simulation.after(nanoseconds(this.gap.sample(this.draws)), this.evLaunch);
  }

  private launch(): void {
    const { serviceQuestions, externalQuestions, draws } = this;
    const isExternal = serviceQuestions.length === 0 || draws.next() < this.options.externalShare;
    const question = isExternal
      ? externalQuestions[placeIn(this.popularity, draws.next())]
      : serviceQuestions[Math.floor(draws.next() * serviceQuestions.length)];
    this.underWay++;
    this.resolver.resolve(this, isExternal ? 1 : 0, question as DnsQuestion);
  }

  private wakeIfAtRest(): void {
    if (!this.stopped || this.underWay > 0) return;
    for (const process of this.waiting.splice(0)) this.clientGo.simulation.processes.resume(process, 0);
  }
}

/** Cumulative shares of `count` names of which the n-th is asked for 1/n times as often as the first. */
function zipf(count: number): Float64Array {
  const cumulative = new Float64Array(count);
  let sum = 0;
  for (let n = 0; n < count; n++) {
    sum += 1 / (n + 1);
    cumulative[n] = sum;
  }
  return cumulative.map((share) => share / sum);
}

/** Index of the first share that is above `u`. */
function placeIn(cumulative: Float64Array, u: number): number {
  let low = 0;
  let high = cumulative.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((cumulative[middle] as number) > u) high = middle;
    else low = middle + 1;
  }
  return low;
}
