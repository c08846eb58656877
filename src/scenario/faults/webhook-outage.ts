/** webhookOutage: the programs behind an admission webhook are gone, hang, or are slow. */
import { z } from 'zod';
import type { WebhookOutageMode } from '../../components/kube-apiserver/index.ts';
import type { Nanoseconds } from '../../units/index.ts';
import { nameSchema, numberSchema, positiveDurationSchema } from '../value-forms.ts';
import { faultKind } from './fault.ts';

/** An outage of a webhook, resolved. */
export interface WebhookOutage {
  readonly fault: 'webhookOutage';
  /** Name of the webhook. */
  readonly name: string;
  readonly mode: WebhookOutageMode;
  /** How many times slower it is; of mode slow. */
  readonly factor: number;
  readonly duration: Nanoseconds;
}

/** Factor of a slow webhook where none is given. */
const DEFAULT_FACTOR = 10;
/** Largest factor. */
const MOST_SLOWED = 1e6;

export const webhookOutage = faultKind({
  help: 'A webhook refuses connections (down), never answers (hang) or is `factor` times slower (slow) for `duration`.',
  shape: {
    name: nameSchema,
    mode: z.enum(['down', 'hang', 'slow']),
    factor: numberSchema(1, MOST_SLOWED).optional(),
    duration: positiveDurationSchema,
  },
  resolve: (written): WebhookOutage => ({
    fault: 'webhookOutage',
    name: written.name,
    mode: written.mode,
    factor: written.factor ?? DEFAULT_FACTOR,
    duration: written.duration,
  }),
});
