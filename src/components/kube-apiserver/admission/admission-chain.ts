/**
 * Admission of writes in one API server, between decoding and storage, in upstream's order: LimitRanger, Priority, mutating webhooks one after the other, validating
 * webhooks all at once, ResourceQuota last. A request keeps its place in flow control all the while: slow admission takes the API server down.
 * K:apiserver/pkg/admission, pkg/kubeapiserver/options/plugins.go.
 * Left out: the other plugins (their CPU is in the cost of a request), admission policies, reinvocation, and another round of webhooks for each try of an
 * update that met a newer version.
 */
import type { Kind, ObjectKey } from '../../../cluster/index.ts';
import type { SimTime } from '../../../units/index.ts';
import { type RequestId, StatusCode, Verb, WaitPlace } from '../../api-machinery/index.ts';
import type { Host } from '../../host/host.ts';
import { requestClass, subresourceOf } from '../request-metrics.ts';
import type { ApiServerSurroundings } from '../surroundings.ts';
import { AdmissionReview } from './admission-review.ts';
import { LimitRanger } from './limit-ranger.ts';
import { PriorityAdmission } from './priority.ts';
import { QuotaAdmission, type QuotaHome } from './quota-admission.ts';
import { WebhookCalls } from './webhook-calls.ts';
import { type AdmissionOperation, covers } from './webhook-configuration.ts';
import type { WebhookServer } from './webhook-server.ts';

/** What admission needs of its server. */
export interface AdmittingServer extends QuotaHome {
  /** A request may go to storage. */
  admitted(request: RequestId): void;
  /** A request is refused. */
  finish(request: RequestId, code: number): void;
  /** The process has ended while a request was here: its connection breaks. */
  breakOff(request: RequestId): void;
}

/** Webhooks that a class of requests has to pass. */
interface Rules {
  readonly mutating: readonly WebhookServer[];
  readonly validating: readonly WebhookServer[];
}

/** No webhook at all. */
const NO_RULES: Rules = { mutating: [], validating: [] };

/** Admission of one API server. */
export class AdmissionChain {
  private readonly around: ApiServerSurroundings;
  private readonly server: AdmittingServer;
  private readonly calls: WebhookCalls;
  private readonly limits: LimitRanger;
  private readonly priorities: PriorityAdmission;
  private readonly quotas: QuotaAdmission;
  /** When requests came to the quotas [ns], state. */
  private readonly atQuotas = new Map<RequestId, SimTime>();
  private readonly waitServer: number;
  /** Webhooks by class of request, looked up once. */
  private readonly rules = new Map<number, Rules>();
  /** Requests that are here, state. */
  private readonly pending = new Set<AdmissionReview>();

  constructor(around: ApiServerSurroundings, name: string, host: Host, server: AdmittingServer) {
    this.around = around;
    this.server = server;
    this.calls = new WebhookCalls(around, name, host);
    this.limits = new LimitRanger(around, server);
    this.priorities = new PriorityAdmission(around, server);
    this.quotas = new QuotaAdmission(around, name, server, (request, code) => this.onQuotasJudged(request, code));
    this.waitServer = around.waits.server('kube-apiserver admission', 'server');
  }

  /** A write is decoded; it is admitted at once if nobody has to be asked. */
  admit(request: RequestId): void {
    const refusal = this.limits.apply(request) || this.priorities.apply(request);
    if (refusal !== 0) {
      this.server.finish(request, refusal);
      return;
    }
    const { mutating, validating } = this.around.webhooks.length === 0 ? NO_RULES : this.rulesFor(request);
    if (mutating.length === 0 && validating.length === 0) {
      this.askQuotas(request);
      return;
    }
    const namespace = this.namespaceOf(request);
    const selects = ({ configuration: { namespaces } }: WebhookServer) =>
      namespaces === undefined || namespaces.includes(namespace);
    const review = new AdmissionReview(request, this.operationOf(request), this.calls, {
      mutating: mutating.filter(selects),
      validating: validating.filter(selects),
      done: (reviewed) => this.onReviewed(reviewed),
    });
    this.pending.add(review);
    review.begin();
  }

  /** The process has ended: the connections of those that wait here break. */
  clear(): void {
    this.calls.clear();
    for (const { request } of this.pending) this.server.breakOff(request);
    this.pending.clear();
    this.quotas.clear();
    for (const request of this.atQuotas.keys()) this.server.breakOff(request);
    this.atQuotas.clear();
  }

  private onReviewed(review: AdmissionReview): void {
    const { requests, waits } = this.around;
    const { request, waited, isRefused } = review;
    this.pending.delete(review);
    requests.addWait(request, WaitPlace.Admission, waited);
    waits.passed(this.waitServer, waited);
    if (isRefused) this.server.finish(request, StatusCode.InternalServerError);
    else this.askQuotas(request);
  }

  /** The last step: the quotas of the namespace, if there are any. */
  private askQuotas(request: RequestId): void {
    if (!this.quotas.concerns(request)) {
      this.server.admitted(request);
      return;
    }
    this.atQuotas.set(request, this.around.simulation.now);
    this.quotas.evaluate(request);
  }

  private onQuotasJudged(request: RequestId, code: number): void {
    const { requests, waits, simulation } = this.around;
    const waited = simulation.now - (this.atQuotas.get(request) as SimTime);
    this.atQuotas.delete(request);
    requests.addWait(request, WaitPlace.Admission, waited);
    waits.passed(this.waitServer, waited);
    if (code === 0) this.server.admitted(request);
    else this.server.finish(request, code);
  }

  private rulesFor(request: RequestId): Rules {
    const { requests } = this.around;
    const number = requestClass(request, requests);
    let rules = this.rules.get(number);
    if (rules === undefined) {
      rules = this.makeRules(request);
      this.rules.set(number, rules);
    }
    return rules;
  }

  private makeRules(request: RequestId): Rules {
    const { requests, tables, webhooks } = this.around;
    const resource = tables.resourceName(requests.kind[request] as Kind);
    const subresource = subresourceOf(request, requests);
    const operation = this.operationOf(request);
    const asked = webhooks.filter(({ configuration }) => covers(configuration, operation, resource, subresource));
    return {
      mutating: asked.filter(({ configuration }) => configuration.type === 'mutating'),
      validating: asked.filter(({ configuration }) => configuration.type === 'validating'),
    };
  }

  private operationOf(request: RequestId): AdmissionOperation {
    const verb = this.around.requests.verb[request];
    if (verb === Verb.Create) return 'CREATE';
    return verb === Verb.Delete || verb === Verb.DeleteCollection ? 'DELETE' : 'UPDATE';
  }

  /** Namespace of a request's object; of a collection, the one that is named; "" if there is none. */
  private namespaceOf(request: RequestId): string {
    const { requests, tables } = this.around;
    const key = requests.key[request] as ObjectKey;
    if (key >= 0) return tables.keysOf(requests.kind[request] as Kind).namespace(key);
    return (requests.object[request] as { readonly namespace?: string } | null)?.namespace ?? '';
  }
}
