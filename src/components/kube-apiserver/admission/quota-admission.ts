/**
 * ResourceQuota admission in one API server. K:apiserver/pkg/admission/plugin/resourcequota/controller.go.
 *
 * Creates in a namespace with quotas wait in a queue of their namespace. Five evaluators take a namespace each, with all its creates at once: what
 * exceeds a quota is refused with 403; for the rest the new usage is written to the quotas' status on the resourceVersion that was judged, through
 * the API server's own front door, before any of them is let in. A quota that could not be written, as somebody else was first, is judged again, three times.
 * A create whose judgement takes longer than the plugin waits is refused with 500, but judged all the same. One that fails afterwards, for this or another
 * reason, has been counted; the quota controller puts that right.
 * Left out: updates that raise usage (a Service's type, a pod's resize), scopes, the live look-up of quotas the cache does not have yet.
 */
import {
  type Kind,
  kinds,
  NO_VERSION,
  type ObjectKey,
  type PodTemplate,
  type QuotaAmounts,
} from '../../../cluster/index.ts';
import type { EventId, EventType, Process } from '../../../engine/index.ts';
import {
  isSuccess,
  type RequestId,
  StatusCode,
  unspecified,
  usageOf,
  Verb,
  writeList,
  writes,
} from '../../api-machinery/index.ts';
import type { ApiServerSurroundings } from '../surroundings.ts';
import type { WatchCache } from '../watch-cache.ts';

/** Tries after the first, where somebody else has written a quota meanwhile. */
const RETRIES = 3;

/** A quota while creates are judged by it. */
interface JudgedQuota {
  readonly key: ObjectKey;
  readonly hard: QuotaAmounts;
  readonly revision: number;
  used: QuotaAmounts;
  isRaised: boolean;
}

/** A create that waits to be judged. */
interface Waiter {
  readonly request: RequestId;
  /** What is made, which is judged even if the request is gone by then. */
  readonly kind: Kind;
  readonly template: PodTemplate | null;
  /** The event at which it has waited for too long. */
  readonly timeout: EventId;
  /** Whether its request has been told, state. */
  isAnswered: boolean;
}

/** What it needs of its server. */
export interface QuotaHome {
  readonly index: number;
  cache(kind: Kind): WatchCache;
}

/** The evaluators of one API server. */
export class QuotaAdmission {
  private readonly around: ApiServerSurroundings;
  private readonly home: QuotaHome;
  private readonly done: (request: RequestId, code: number) => void;
  private readonly evTimedOut: EventType;
  /** Creates that are not judged yet, by request, state. */
  private readonly waiters = new Map<RequestId, Waiter>();
  /** Those that no evaluator has, by namespace, in the order in which namespaces came, state. */
  private readonly waiting = new Map<string, Waiter[]>();
  /** Namespaces that an evaluator has, state. */
  private readonly evaluated = new Set<string>();
  /** Quotas as this server has written them last, by key, state: the cache may be behind. */
  private readonly written = new Map<ObjectKey, { readonly revision: number; readonly used: QuotaAmounts }>();
  /** Keys of quotas by namespace, and how many are in it. */
  private readonly byNamespace = new Map<string, readonly ObjectKey[]>();
  private indexed = 0;
  /** Raised by every end of the process: evaluations of an older one stop, state. */
  private life = 0;

  /** `done` is told of each create: 0 = admitted, else the code of the refusal. */
  constructor(
    around: ApiServerSurroundings,
    name: string,
    home: QuotaHome,
    done: (request: RequestId, code: number) => void,
  ) {
    this.around = around;
    this.home = home;
    this.done = done;
    this.evTimedOut = around.simulation.on(`${name}: quota evaluation timed out`, (request) =>
      this.tell(this.waiters.get(request as RequestId) as Waiter, StatusCode.InternalServerError),
    );
  }

  /** Whether a request makes an object in a namespace that has quotas. */
  concerns(request: RequestId): boolean {
    const { requests, tables } = this.around;
    const cache = this.home.cache(kinds.resourcequotas);
    if (cache.objects === 0 || requests.verb[request] !== Verb.Create) return false;
    if (writeList[requests.write[request] as number]?.subresource !== '') return false;
    const namespace = tables.keysOf(requests.kind[request] as Kind).namespace(requests.key[request] as ObjectKey);
    const template = this.templateOf(request);
    const kind = requests.kind[request] as Kind;
    return this.quotasOf(namespace).some(({ hard }) => Object.keys(usageOf(tables, kind, template, hard)).length > 0);
  }

  /** A create is to be judged. */
  evaluate(request: RequestId): void {
    const { requests, tables, simulation, parameters } = this.around;
    const kind = requests.kind[request] as Kind;
    const namespace = tables.keysOf(kind).namespace(requests.key[request] as ObjectKey);
    const timeout = simulation.after(parameters.quotaTimeout, this.evTimedOut, request);
    const waiter = { request, kind, template: this.templateOf(request), timeout, isAnswered: false };
    this.waiters.set(request, waiter);
    const waiting = this.waiting.get(namespace);
    if (waiting === undefined) this.waiting.set(namespace, [waiter]);
    else waiting.push(waiter);
    this.dispatch();
  }

  /** The process has ended. */
  clear(): void {
    this.life++;
    for (const { timeout } of this.waiters.values()) this.around.simulation.cancel(timeout);
    this.waiters.clear();
    this.waiting.clear();
    this.evaluated.clear();
    this.written.clear();
  }

  /** Gives namespaces to idle evaluators. */
  private dispatch(): void {
    for (const [namespace, batch] of this.waiting) {
      if (this.evaluated.size >= this.around.parameters.quotaEvaluators) return;
      if (this.evaluated.has(namespace)) continue;
      this.waiting.delete(namespace);
      this.evaluated.add(namespace);
      this.around.simulation.processes.spawn('quota evaluator', this.check(namespace, batch, this.life));
    }
  }

  /** One evaluator with the creates of one namespace. */
  private *check(namespace: string, batch: readonly Waiter[], life: number): Process {
    let quotas = this.quotasOf(namespace);
    let open = batch;
    for (let retries = RETRIES; ; retries--) {
      open = open.filter((waiter) => this.charge(waiter, quotas));
      if (open.length === 0) break;
      const lost = new Set<ObjectKey>();
      let failure = 0;
      for (const quota of quotas) {
        if (!quota.isRaised) continue;
        const code = yield* this.write(quota);
        if (life !== this.life) return;
        if (isSuccess(code)) continue;
        lost.add(quota.key);
        failure = code === StatusCode.Conflict ? code : StatusCode.InternalServerError;
      }
      if (lost.size === 0 || retries === 0) {
        for (const waiter of open) this.answer(waiter, failure);
        break;
      }
      quotas = this.quotasOf(namespace).filter(({ key }) => lost.has(key));
    }
    this.evaluated.delete(namespace);
    this.dispatch();
  }

  /** A create is judged; its request may have been told already that it takes too long. */
  private answer(waiter: Waiter, code: number): void {
    if (waiter.isAnswered) return;
    this.around.simulation.cancel(waiter.timeout);
    this.tell(waiter, code);
  }

  private tell(waiter: Waiter, code: number): void {
    waiter.isAnswered = true;
    this.waiters.delete(waiter.request);
    this.done(waiter.request, code);
  }

  /** Adds what a create asks for to the quotas, or refuses it; whether it still waits for them to be written. */
  private charge(waiter: Waiter, quotas: readonly JudgedQuota[]): boolean {
    const { kind, template } = waiter;
    const asked = quotas.map(({ hard }) => usageOf(this.around.tables, kind, template, hard));
    const isRefused = quotas.some(({ hard, used }, i) => {
      if (template !== null && unspecified(template, hard).length > 0) return true;
      // A name that has not been counted yet: the status is unknown, and so is whether there is room.
      return Object.entries(asked[i] as QuotaAmounts).some(
        ([name, amount]) => used[name] === undefined || used[name] + amount > (hard[name] as number),
      );
    });
    if (isRefused) {
      this.answer(waiter, StatusCode.Forbidden);
      return false;
    }
    quotas.forEach((quota, i) => {
      const more = Object.entries(asked[i] as QuotaAmounts);
      if (more.length === 0) return;
      quota.used = {
        ...quota.used,
        ...Object.fromEntries(more.map(([n, amount]) => [n, (quota.used[n] ?? 0) + amount])),
      };
      quota.isRaised = true;
    });
    return true;
  }

  /** PUT of a quota's status on the revision that was judged; the code. */
  private *write({ key, revision, used }: JudgedQuota): Generator<number, number, number> {
    const { requests, tables, carrier } = this.around;
    const { verb, kind } = writeList[writes.resourceQuotaStatus] as { verb: number; kind: Kind };
    const request = requests.allocate(verb, kind, key);
    requests.write[request] = writes.resourceQuotaStatus;
    requests.object[request] = used;
    requests.expectedRevision[request] = revision;
    const reply = yield* carrier.loopback(this.home.index, request);
    const code = requests.code[reply] as number;
    if (isSuccess(code))
      this.written.set(key, { revision: tables.resourcequotas.revision.get(requests.resultOf(reply)), used });
    return code;
  }

  /** The quotas of a namespace: as the watch cache has them, or as this server has written them since. */
  private quotasOf(namespace: string): JudgedQuota[] {
    const { resourcequotas } = this.around.tables;
    const found: JudgedQuota[] = [];
    const cache = this.home.cache(kinds.resourcequotas);
    for (const key of this.keysIn(namespace)) {
      const version = cache.get(key);
      if (version === NO_VERSION) continue;
      const cached = { revision: resourcequotas.revision.get(version), used: resourcequotas.usage.get(version) };
      const own = this.written.get(key);
      const newest = own !== undefined && own.revision > cached.revision ? own : cached;
      found.push({ key, hard: resourcequotas.hard.get(version), isRaised: false, ...newest });
    }
    return found;
  }

  /** Keys of all quotas that a namespace has ever had; there are few, and names only come. */
  private keysIn(namespace: string): readonly ObjectKey[] {
    const keys = this.around.tables.keysOf('resourcequotas');
    for (; this.indexed < keys.count; this.indexed++) {
      const key = this.indexed as ObjectKey;
      const others = this.byNamespace.get(keys.namespace(key)) ?? [];
      this.byNamespace.set(keys.namespace(key), [...others, key]);
    }
    return this.byNamespace.get(namespace) ?? [];
  }

  private templateOf(request: RequestId): PodTemplate | null {
    const { requests } = this.around;
    return requests.kind[request] === kinds.pods ? (requests.object[request] as PodTemplate) : null;
  }
}
