/**
 * Names as pods resolve them: glibc's stub resolver with the search list that a kubelet writes into resolv.conf, and the way to CoreDNS and back.
 *
 * Modelled: completion of names, one after the other until one exists; queries for A and AAAA at the same time from one socket; a replica chosen at random
 * for each socket, as iptables does; packets that are lost on full sockets or ended replicas; time-outs and attempts.
 * Left out: TCP after truncated answers, resolvers that ask several servers at once (musl), caches on nodes, races of conntrack entries.
 */
import { NO_KEY, type ObjectKey } from '../../../cluster/index.ts';
import type { EventType, RandomStream, Simulation, ValuesOf } from '../../../engine/index.ts';
import type { Nanoseconds, SimTime } from '../../../units/index.ts';
import type { corednsParameters } from './coredns.parameters.ts';
import { Cached } from './dns-cache.ts';
import { type DnsMetrics, ResponseCode } from './dns-metrics.ts';
import { Family, FULL_NAME, isOfCluster, questionOf } from './questions.ts';
import type { Replica } from './replica.ts';

/** How the name of a Service is written: alone, with its namespace, or in full with a dot at its end. */
export const DnsForm = { Service: 0, WithNamespace: 1, Full: 2 } as const;

/** A name to be resolved, and how. */
export interface DnsQuestion {
  /** Key of the Service; -1 = a name outside of the cluster. */
  readonly service: ObjectKey;
  /** Number of the name outside of the cluster. */
  readonly external: number;
  /** A value of {@link DnsForm}; of names of Services only. */
  readonly form: number;
  /** Suffixes of the search list that a name outside of the cluster is tried with first; 0 = it ends with a dot. */
  readonly suffixes: number;
  /** 1 = A, 2 = A and AAAA. */
  readonly families: number;
}

/** How a resolution ended. */
export type DnsResult = 'answered' | 'not_found' | 'timed_out' | 'refused';

/** Who resolves names. */
export interface DnsAsker {
  /** The resolution that it called `caller` is over. */
  resolved(caller: number, result: DnsResult, span: Nanoseconds): void;
}

/** A resolution that is under way; the objects are used again. */
interface Resolution {
  readonly index: number;
  asker: DnsAsker;
  caller: number;
  question: DnsQuestion;
  startedAt: SimTime;
  /** Completion that is asked for, see {@link FULL_NAME}, state. */
  completion: number;
  /** Time-outs and refusals of this completion so far, state. */
  failures: number;
  /** Replica that its socket's packets go to, state. */
  replica: Replica | undefined;
  /** Raised at each attempt and at the end; events carry it, state. */
  stamp: number;
  /** When the packets of this attempt left, and when the replica got them [ns], state. */
  sentAt: SimTime;
  arrivedAt: SimTime;
  /** Answers that are missing, and the worst code so far, state. */
  missing: number;
  code: number;
  /** Whether this attempt ends with a time-out, state. */
  isLost: boolean;
}

/** A query that a replica has forwarded; the objects are used again. */
interface Forward {
  readonly index: number;
  replica: Replica;
  question: number;
  family: number;
  /** Whether the answer will be that there is no such name. */
  isDenial: boolean;
  resolution: Resolution;
  /** Attempt that it belongs to. */
  stamp: number;
  began: SimTime;
}

/** What resolving needs of CoreDNS. */
export interface ResolverSurroundings {
  readonly simulation: Simulation;
  readonly parameters: ValuesOf<typeof corednsParameters>;
  readonly metrics: DnsMetrics;
  /** Replicas that nodes send queries to. */
  readonly inService: readonly Replica[];
}

/** All resolvers, on all nodes. */
export class DnsResolver {
  private readonly around: ResolverSurroundings;
  private readonly simulation: Simulation;
  private readonly draws: RandomStream;
  private readonly resolutions: Resolution[] = [];
  private readonly atRest: Resolution[] = [];
  private readonly forwards: Forward[] = [];
  private readonly freeForwards: Forward[] = [];
  private readonly evArrived: EventType;
  private readonly evServed: EventType;
  private readonly evForwarded: EventType;
  private readonly evAnswered: EventType;
  private readonly evTimedOut: EventType;
  /** Resolutions by fate, statistic: begun = over + under way. */
  private begun = 0;
  private over = 0;

  constructor(around: ResolverSurroundings) {
    const { simulation } = around;
    this.around = around;
    this.simulation = simulation;
    this.draws = simulation.streams.stream('coredns.resolver');
    const on = (name: string, handle: (resolution: Resolution) => void) =>
      simulation.on(`dns: ${name}`, (index, stamp) => {
        const resolution = this.resolutions[index] as Resolution;
        if (resolution.stamp === stamp) handle(resolution);
      });
    this.evArrived = on('queries arrive', (resolution) => this.arrived(resolution));
    this.evServed = on('queries were served', (resolution) => this.served(resolution));
    this.evAnswered = on('answers arrive', (resolution) => this.answered(resolution));
    this.evTimedOut = on('time-out', (resolution) => this.failed(resolution, 'timed_out'));
    this.evForwarded = simulation.on('dns: upstream answers', (index) =>
      this.upstream(this.forwards[index] as Forward),
    );
    simulation.addInvariantCheck('CoreDNS', () => this.checkInvariants());
  }

  /** Resolves a name; the asker is told of the end under the number `caller`. */
  resolve(asker: DnsAsker, caller: number, question: DnsQuestion): void {
    const resolution = this.atRest.pop() ?? this.create(asker, question);
    resolution.asker = asker;
    resolution.caller = caller;
    resolution.question = question;
    resolution.startedAt = this.simulation.now;
    resolution.completion = firstCompletion(question);
    resolution.failures = 0;
    resolution.replica = undefined;
    this.begun++;
    this.ask(resolution);
  }

  private create(asker: DnsAsker, question: DnsQuestion): Resolution {
    const now = this.simulation.now;
    const made: Resolution = {
      index: this.resolutions.length,
      asker,
      caller: 0,
      question,
      startedAt: now,
      completion: FULL_NAME,
      failures: 0,
      replica: undefined,
      stamp: 0,
      sentAt: now,
      arrivedAt: now,
      missing: 0,
      code: ResponseCode.NoError,
      isLost: false,
    };
    this.resolutions.push(made);
    return made;
  }

  // ---- the way there -----------------------------------------------------------------------------------------------------------

  /** Sends the queries of one attempt. Without any replica the Service rejects them. */
  private ask(resolution: Resolution): void {
    const { inService, parameters } = this.around;
    resolution.stamp++;
    resolution.sentAt = this.simulation.now;
    resolution.code = ResponseCode.NoError;
    resolution.isLost = false;
    const { replica } = resolution;
    // The kernel remembers where a socket's packets go, as long as that endpoint is there.
    if (replica === undefined || !inService.includes(replica))
      resolution.replica = inService[Math.floor(this.draws.next() * inService.length)];
    const isRejected = resolution.replica === undefined;
    if (isRejected) resolution.code = ResponseCode.Refused;
    const delay = parameters.packetDelay.sample(this.draws);
    this.simulation.after(delay, isRejected ? this.evAnswered : this.evArrived, resolution.index, resolution.stamp);
  }

  private arrived(resolution: Resolution): void {
    const { now } = this.simulation;
    const replica = resolution.replica as Replica;
    resolution.arrivedAt = now;
    let done = -1;
    let lost = replica.isListening ? 0 : resolution.question.families;
    for (let family = 0; family < resolution.question.families && replica.isListening; family++) {
      const end = replica.take(now);
      if (end < 0) lost++;
      else done = end;
    }
    resolution.missing = resolution.question.families;
    if (lost > 0) {
      // A resolver waits for both answers, and asks for both again.
      this.around.metrics.drops.add(lost);
      this.lose(resolution);
    } else {
      this.simulation.at(done as SimTime, this.evServed, resolution.index, resolution.stamp);
    }
  }

  /** This attempt ends with a time-out, once. */
  private lose(resolution: Resolution): void {
    if (resolution.isLost) return;
    resolution.isLost = true;
    const at = Math.max(this.simulation.now, resolution.sentAt + this.around.parameters.resolverTimeout);
    this.simulation.at(at as SimTime, this.evTimedOut, resolution.index, resolution.stamp);
  }

  // ---- at the replica ----------------------------------------------------------------------------------------------------------

  private served(resolution: Resolution): void {
    const { question, completion } = resolution;
    for (let family = 0; family < question.families; family++) {
      const number = questionOf(question.service, question.external, completion, family);
      this.serve(resolution, number, family);
    }
  }

  /** The plugins cache, kubernetes and forward, in this order. */
  private serve(resolution: Resolution, number: number, family: number): void {
    const { metrics, parameters } = this.around;
    const { now } = this.simulation;
    const replica = resolution.replica as Replica;
    const { service } = resolution.question;
    const cached = replica.cache.lookUp(number, now);
    if (cached !== Cached.Nothing) {
      (cached === Cached.Answer ? metrics.answersFromCache : metrics.denialsFromCache).add();
      const exists = cached === Cached.Answer || (family === Family.IPv6 && resolution.completion === FULL_NAME);
      this.respond(resolution, family, exists ? ResponseCode.NoError : ResponseCode.NameError);
      return;
    }
    metrics.cacheMisses.add();
    if (!isOfCluster(service, resolution.completion)) {
      this.forward(resolution, number, family);
      return;
    }
    const exists = service >= 0 && resolution.completion === FULL_NAME && replica.knows(service);
    // A name that has no address of this family is no error, but it is kept among the denials.
    const isDenial = !exists || family === Family.IPv6;
    replica.cache.keep(number, isDenial, now + Math.min(parameters.kubernetesTtl, parameters.cacheTtl));
    this.respond(resolution, family, exists ? ResponseCode.NoError : ResponseCode.NameError);
  }

  private forward(resolution: Resolution, question: number, family: number): void {
    const { parameters, metrics } = this.around;
    const replica = resolution.replica as Replica;
    if (replica.forwarded >= parameters.forwardMaxConcurrent) {
      metrics.forwardRejects.add();
      this.respond(resolution, family, ResponseCode.Refused);
      return;
    }
    replica.forwarded++;
    const span = parameters.upstreamDelay.sample(this.draws);
    const began = this.simulation.now;
    if (began + span > resolution.sentAt + parameters.resolverTimeout) this.lose(resolution);
    const forward = this.freeForwards.pop() ?? this.newForward(resolution, replica);
    forward.replica = replica;
    forward.question = question;
    forward.family = family;
    forward.isDenial = resolution.completion !== FULL_NAME;
    forward.resolution = resolution;
    forward.stamp = resolution.stamp;
    forward.began = began;
    this.simulation.after(span, this.evForwarded, forward.index);
  }

  private newForward(resolution: Resolution, replica: Replica): Forward {
    const index = this.forwards.length;
    const { stamp, sentAt: began } = resolution;
    const made = { index, replica, question: 0, family: 0, isDenial: false, resolution, stamp, began };
    this.forwards.push(made);
    return made;
  }

  private upstream(forward: Forward): void {
    const { parameters, metrics } = this.around;
    const { now } = this.simulation;
    const { replica, resolution, family, isDenial } = forward;
    this.freeForwards.push(forward);
    replica.forwarded--;
    metrics.forwards.recordSpan((now - forward.began) as Nanoseconds);
    replica.cache.keep(forward.question, isDenial, now + Math.min(parameters.upstreamTtl, parameters.cacheTtl));
    if (resolution.stamp !== forward.stamp) return;
    this.respond(resolution, family, isDenial ? ResponseCode.NameError : ResponseCode.NoError);
  }

  private respond(resolution: Resolution, family: number, code: number): void {
    const { metrics, parameters } = this.around;
    metrics.responded(family, code, (this.simulation.now - resolution.arrivedAt) as Nanoseconds);
    resolution.code = Math.max(resolution.code, code);
    resolution.missing--;
    if (resolution.missing > 0 || resolution.isLost) return;
    const delay = parameters.packetDelay.sample(this.draws);
    this.simulation.after(delay, this.evAnswered, resolution.index, resolution.stamp);
  }

  // ---- back at the pod ---------------------------------------------------------------------------------------------------------

  private answered(resolution: Resolution): void {
    if (resolution.code === ResponseCode.Refused) {
      this.failed(resolution, 'refused');
    } else if (resolution.code === ResponseCode.NoError) {
      this.finish(resolution, 'answered');
    } else {
      this.tryNextCompletion(resolution);
    }
  }

  /** No such name: the next suffix of the search list, and in the end the name itself. */
  private tryNextCompletion(resolution: Resolution): void {
    const { question, completion } = resolution;
    if (completion === FULL_NAME) {
      this.finish(resolution, 'not_found');
      return;
    }
    const last = question.service >= 0 ? 1 : question.suffixes;
    resolution.completion = completion < last ? completion + 1 : FULL_NAME;
    resolution.failures = 0;
    this.ask(resolution);
  }

  private failed(resolution: Resolution, result: DnsResult): void {
    resolution.failures++;
    if (resolution.failures < this.around.parameters.resolverAttempts) this.ask(resolution);
    else this.finish(resolution, result);
  }

  private finish(resolution: Resolution, result: DnsResult): void {
    resolution.stamp++;
    this.over++;
    this.atRest.push(resolution);
    const { asker, caller, startedAt } = resolution;
    asker.resolved(caller, result, (this.simulation.now - startedAt) as Nanoseconds);
  }

  /** No resolution is lost: begun = over + under way. */
  private checkInvariants(): void {
    const { begun, over } = this;
    const simulation: Simulation = this.simulation;
    const underWay = this.resolutions.length - this.atRest.length;
    simulation.invariant(
      begun === over + underWay,
      'CoreDNS',
      `${begun} resolutions begun, ${over} over, ${underWay} under way`,
    );
  }
}

/** With which completion a resolver begins. */
function firstCompletion({ service, form, suffixes }: DnsQuestion): number {
  if (service === NO_KEY) return suffixes > 0 ? 1 : FULL_NAME;
  // The first suffix completes the name of a Service alone; behind a namespace it makes a name that does not exist.
  return form === DnsForm.WithNamespace ? 1 : FULL_NAME;
}
