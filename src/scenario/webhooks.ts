/** spec.webhooks: admission webhooks, with the programs behind them. */
import { z } from 'zod';
import { admissionOperations, type WebhookConfiguration } from '../components/kube-apiserver/index.ts';
import { createDistribution, type DistributionSpec } from '../engine/index.ts';
import { PlimsollError, type SourcePosition } from '../errors/index.ts';
import type { ValuePath } from '../manifests/index.ts';
import { type Nanoseconds, seconds } from '../units/index.ts';
import { distributionSchema, resolveDistribution } from './distribution-form.ts';
import type { Operation } from './operations/index.ts';
import type { ResolvedScenario } from './resolved-scenario.ts';
import { strictMap } from './schema-parts.ts';
import { unknownNameError } from './unknown-name.ts';
import { nameSchema, positiveDurationSchema, textSchema, wholeNumberSchema } from './value-forms.ts';

/** timeoutSeconds of a webhook that gives none (K:pkg/apis/admissionregistration/v1/defaults.go). */
const DEFAULT_TIMEOUT = seconds(10);
/** Replicas and concurrency of a webhook that gives none: a small Deployment of a program that works on several calls at once. */
const DEFAULT_REPLICAS = 2;
const DEFAULT_CONCURRENCY = 16;
/** Most of either. */
const MOST_AT_ONCE = 10_000;

/** A webhook, resolved: plain data. */
export interface Webhook extends Omit<WebhookConfiguration, 'latency'> {
  readonly latency: DistributionSpec;
}

/** The schema of the list. */
export const webhooksSchema = z.array(
  strictMap({
    name: nameSchema,
    type: z.enum(['mutating', 'validating']),
    resources: z.array(textSchema('a resource, such as pods or pods/status; "*" is every one')).min(1),
    verbs: z.array(z.enum(admissionOperations)).min(1).optional(),
    namespaces: z.array(nameSchema).min(1).optional(),
    latency: distributionSchema,
    timeout: positiveDurationSchema.optional(),
    failurePolicy: z.enum(['Fail', 'Ignore']).optional(),
    replicas: wholeNumberSchema(1, MOST_AT_ONCE).optional(),
    concurrency: wholeNumberSchema(1, MOST_AT_ONCE).optional(),
  }),
);

type WrittenWebhook = z.output<typeof webhooksSchema>[number];

/** What resolving takes. */
interface WebhookContext {
  readonly errors: PlimsollError[];
  place(path: ValuePath): { position?: SourcePosition; path: string };
  readFile(written: string, path: ValuePath): { readonly file: string; readonly text: string } | undefined;
}

/** The webhooks of a scenario; each name once. */
export function resolveWebhooks(
  written: readonly WrittenWebhook[] | undefined,
  context: WebhookContext,
): readonly Webhook[] {
  const webhooks = written ?? [];
  return webhooks.flatMap((webhook, index) => {
    const path = ['spec', 'webhooks', index];
    if (webhooks.findIndex((other) => other.name === webhook.name) < index) {
      context.errors.push(
        new PlimsollError('P209', {
          ...context.place([...path, 'name']),
          message: `there are two webhooks named "${webhook.name}"`,
          expected: 'a name of its own for each webhook',
        }),
      );
    }
    const latency = resolveDistribution(webhook.latency, [...path, 'latency'], context);
    return latency === undefined ? [] : [resolveWebhook(webhook, latency)];
  });
}

function resolveWebhook(written: WrittenWebhook, latency: DistributionSpec): Webhook {
  return {
    name: written.name,
    type: written.type,
    resources: written.resources,
    verbs: written.verbs ?? ['CREATE', 'UPDATE'],
    ...(written.namespaces === undefined ? {} : { namespaces: written.namespaces }),
    latency,
    timeout: (written.timeout ?? DEFAULT_TIMEOUT) as Nanoseconds,
    failurePolicy: written.failurePolicy ?? 'Fail',
    replicas: written.replicas ?? DEFAULT_REPLICAS,
    concurrency: written.concurrency ?? DEFAULT_CONCURRENCY,
  };
}

/** Faults that name a webhook: it must be declared. */
export function checkWebhookNames(
  operations: readonly Operation[],
  webhooks: readonly Webhook[],
  { errors, place }: Pick<WebhookContext, 'errors' | 'place'>,
): void {
  const names = webhooks.map(({ name }) => name);
  for (const [index, operation] of operations.entries()) {
    if (operation.kind !== 'fault' || operation.fault.fault !== 'webhookOutage') continue;
    const { name } = operation.fault;
    if (names.includes(name)) continue;
    const message = `spec.webhooks has no "${name}"`;
    errors.push(
      unknownNameError(name, names, {
        message,
        place: place(['spec', 'operations', index, 'fault', 'name']),
        ...(names.length > 0 ? {} : { fix: `declare ${name} under spec.webhooks` }),
      }),
    );
  }
}

/** The webhooks of a scenario as the cluster takes them. */
export function webhooksOf({ webhooks }: Pick<ResolvedScenario, 'webhooks'>): readonly WebhookConfiguration[] {
  return webhooks.map((webhook) => ({ ...webhook, latency: createDistribution(webhook.latency) }));
}
