/**
 * ResourceQuota admission in one API server. K:apiserver/pkg/admission/plugin/resourcequota/controller.go.
 *
 * Creates in a namespace with quotas wait in a queue of their namespace. Five evaluators take a namespace each, with all its creates at once: what
 * exceeds a quota is refused with 403; for the rest the new usage is written to the quotas' status on the resourceVersion that was judged, through
 * the API server's own front door, before any of them is let in. A quota that somebody else has written meanwhile is judged again, three times.
 * A create that fails afterwards has been counted; the quota controller puts that right.
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
import type { Process } from '../../../engine/index.ts';
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
  /** Creates that wait, by namespace, in the order in which namespaces came, state. */
  private readonly waiting = new Map<string, RequestId[]>();
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
  constructor(around: ApiServerSurroundings, home: QuotaHome, done: (request: RequestId, code: number) => void) {
    this.around = around;
    this.home = home;
    this.done = done;
  }

  /** Whether a request makes an object in a namespace that has quotas. */
  concerns(request: RequestId): boolean {
    const { requests, tables } = this.around;
    const cache = this.home.cache(kinds.resourcequotas);
    if (cache.objects === 0 || requests.verb[request] !== Verb.Create) return false;
    if (writeList[requests.write[request] as number]?.subresource !== '') return false;
    const namespace = tables.keysOf(requests.kind[request] as Kind).namespace(requests.key[request] as ObjectKey);
    return this.quotasOf(namespace).some((quota) => Object.keys(this.usage(request, quota.hard)).length > 0);
  }

  /** A create is to be judged. */
  evaluate(request: RequestId): void {
    const { requests, tables } = this.around;
    const namespace = tables.keysOf(requests.kind[request] as Kind).namespace(requests.key[request] as ObjectKey);
    const waiting = this.waiting.get(namespace);
    if (waiting === undefined) this.waiting.set(namespace, [request]);
    else waiting.push(request);
    this.dispatch();
  }

  /** The process has ended. */
  clear(): void {
    this.life++;
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
  private *check(namespace: string, batch: readonly RequestId[], life: number): Process {
    let quotas = this.quotasOf(namespace);
    let open = batch;
    for (let retries = RETRIES; ; retries--) {
      open = open.filter((request) => this.charge(request, quotas));
      if (open.length === 0) break;
      const lost = new Set<ObjectKey>();
      for (const quota of quotas) {
        if (!quota.isRaised) continue;
        if (!(yield* this.write(quota))) lost.add(quota.key);
        if (life !== this.life) return;
      }
      if (lost.size === 0 || retries === 0) {
        for (const request of open) this.done(request, lost.size === 0 ? 0 : StatusCode.Conflict);
        break;
      }
      quotas = this.quotasOf(namespace).filter(({ key }) => lost.has(key));
    }
    this.evaluated.delete(namespace);
    this.dispatch();
  }

  /** Adds what a create asks for to the quotas, or refuses it; whether it still waits for them to be written. */
  private charge(request: RequestId, quotas: readonly JudgedQuota[]): boolean {
    const asked = quotas.map((quota) => this.usage(request, quota.hard));
    const template = this.templateOf(request);
    const isRefused = quotas.some(({ hard, used }, i) => {
      if (template !== null && unspecified(template, hard).length > 0) return true;
      // A name that has not been counted yet: the status is unknown, and so is whether there is room.
      return Object.entries(asked[i] as QuotaAmounts).some(
        ([name, amount]) => used[name] === undefined || used[name] + amount > (hard[name] as number),
      );
    });
    if (isRefused) {
      this.done(request, StatusCode.Forbidden);
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

  /** PUT of a quota's status on the revision that was judged; whether it went through. */
  private *write({ key, revision, used }: JudgedQuota): Generator<number, boolean, number> {
    const { requests, tables, carrier } = this.around;
    const { verb, kind } = writeList[writes.resourceQuotaStatus] as { verb: number; kind: Kind };
    const request = requests.allocate(verb, kind, key);
    requests.write[request] = writes.resourceQuotaStatus;
    requests.object[request] = used;
    requests.expectedRevision[request] = revision;
    const reply = yield* carrier.loopback(this.home.index, request);
    if (!isSuccess(requests.code[reply] as number)) return false;
    this.written.set(key, { revision: tables.resourcequotas.revision.get(requests.resultOf(reply)), used });
    return true;
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

  private usage(request: RequestId, hard: QuotaAmounts): QuotaAmounts {
    const { requests, tables } = this.around;
    return usageOf(tables, requests.kind[request] as Kind, this.templateOf(request), hard);
  }

  private templateOf(request: RequestId): PodTemplate | null {
    const { requests } = this.around;
    return requests.kind[request] === kinds.pods ? (requests.object[request] as PodTemplate) : null;
  }
}
