/** One request on its way through the webhooks: the mutating ones one after the other, then the validating ones all at once. */
import { type Nanoseconds, nanoseconds } from '../../../units/index.ts';
import type { RequestId } from '../../api-machinery/index.ts';
import type { AwaitingAdmission, WebhookCalls } from './webhook-calls.ts';
import type { AdmissionOperation } from './webhook-configuration.ts';
import type { WebhookServer } from './webhook-server.ts';

/** What a request has to pass, and who is told of the end. */
export interface ReviewPlan {
  readonly mutating: readonly WebhookServer[];
  readonly validating: readonly WebhookServer[];
  done(review: AdmissionReview): void;
}

/** A request that is being asked about. */
export class AdmissionReview implements AwaitingAdmission {
  readonly request: RequestId;
  readonly operation: AdmissionOperation;
  /** Whether a webhook that may not fail has failed, state. */
  isRefused = false;
  /** Time that was waiting and not work; of webhooks that work side by side, the longest [ns], state. */
  waited = nanoseconds(0);
  private readonly calls: WebhookCalls;
  private readonly plan: ReviewPlan;
  /** Mutating webhooks that have answered, state. */
  private passed = 0;
  /** Validating webhooks that have not, state. */
  private open = 0;
  /** Longest wait of those that have [ns], state. */
  private longest = nanoseconds(0);

  constructor(request: RequestId, operation: AdmissionOperation, calls: WebhookCalls, plan: ReviewPlan) {
    this.request = request;
    this.operation = operation;
    this.calls = calls;
    this.plan = plan;
  }

  /** Asks the first webhook. */
  begin(): void {
    this.proceed();
  }

  onCallEnded(goesOn: boolean, waited: Nanoseconds): void {
    if (!goesOn) this.isRefused = true;
    if (this.open === 0) {
      this.waited = nanoseconds(this.waited + waited);
      this.passed++;
      this.proceed();
      return;
    }
    this.longest = nanoseconds(Math.max(this.longest, waited));
    if (--this.open > 0) return;
    this.waited = nanoseconds(this.waited + this.longest);
    this.plan.done(this);
  }

  /** The next mutating webhook; after the last, all validating ones. A refusal ends it at once. */
  private proceed(): void {
    const { mutating, validating } = this.plan;
    const next = mutating[this.passed];
    if (this.isRefused || (next === undefined && validating.length === 0)) {
      this.plan.done(this);
    } else if (next !== undefined) {
      this.calls.call(next, this);
    } else {
      this.open = validating.length;
      for (const webhook of validating) this.calls.call(webhook, this);
    }
  }
}
