/** An admission webhook as an administrator configures it, and the program behind it. */
import type { Distribution } from '../../../engine/index.ts';
import type { Nanoseconds } from '../../../units/index.ts';

/** What a request does, as rules of webhooks and admission metrics call it. */
export const admissionOperations = ['CREATE', 'UPDATE', 'DELETE'] as const;

/** One of them. */
export type AdmissionOperation = (typeof admissionOperations)[number];

/** A webhook: its rules, what becomes of a call that fails, and how fast it answers. */
export interface WebhookConfiguration {
  readonly name: string;
  readonly type: 'mutating' | 'validating';
  /** "pods", "pods/status", "*" = every resource, "*\/*" = every resource and subresource. */
  readonly resources: readonly string[];
  readonly verbs: readonly AdmissionOperation[];
  /** Namespaces whose objects it is asked about; undefined = all, objects without namespace included. */
  readonly namespaces?: readonly string[];
  /** Time that the webhook works on one call. */
  readonly latency: Distribution;
  /** timeoutSeconds. */
  readonly timeout: Nanoseconds;
  /** Whether a call that fails refuses the request, or is passed over. */
  readonly failurePolicy: 'Fail' | 'Ignore';
  /** Processes behind the webhook's Service, and calls that each works on at once. */
  readonly replicas: number;
  readonly concurrency: number;
}

/** How a webhook fails: connections are refused, calls are never answered, or it works slower by a factor. */
export type WebhookOutageMode = 'down' | 'hang' | 'slow';

/** Whether a webhook's rules cover an operation on a resource; its namespaces are another matter. */
export function covers(
  { resources, verbs }: WebhookConfiguration,
  operation: AdmissionOperation,
  resource: string,
  subresource: string,
): boolean {
  const whole = subresource === '' ? resource : `${resource}/${subresource}`;
  const matches = (rule: string) => rule === whole || rule === '*/*' || (rule === '*' && subresource === '');
  return verbs.includes(operation) && resources.some(matches);
}
